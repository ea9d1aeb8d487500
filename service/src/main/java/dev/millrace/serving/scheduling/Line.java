package dev.millrace.serving.scheduling;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The workers that wait for one device, in order of arrival. Guarded by the device's lock. */
final class Line {
  private final List<Waiter> waiters = new ArrayList<>();

  /** One more, on the calling thread. */
  Waiter join(Account account, long now) {
    var waiter = new Waiter(account, now);
    account.await(1);
    waiters.add(waiter);
    return waiter;
  }

  /** It goes without a run. */
  void leave(Waiter waiter) {
    waiters.remove(waiter);
    waiter.account.await(-1);
  }

  /** It runs from now on. */
  void letGo(Waiter waiter, long now) {
    leave(waiter);
    waiter.account.start(now);
    waiter.letGo = true;
  }

  /** Of those who may run the one that is most behind; null when nobody may. */
  @Nullable Waiter first(ShareLedger ledger, long now) {
    Waiter first = null;
    for (var waiter : waiters) {
      waiter.lookNanos = ledger.waitNanos(waiter.account, now);
      if (waiter.lookNanos == 0
          && (first == null
              || waiter.account.virtualNanos(now) < first.account.virtualNanos(now))) {
        first = waiter;
      }
    }
    return first;
  }

  int size() {
    return waiters.size();
  }
}
