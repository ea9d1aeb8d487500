package dev.millrace.serving.scheduling;

import dev.millrace.serving.scheduling.ShareLedger.Overlap;
import dev.millrace.serving.time.NanoClock;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One device and the models that want it; see {@link ShareLedger} for who goes first.
 *
 * <p>A model that is alone pays for two atomic steps a run and never meets the lock: the device
 * names it as the sole one, and it looks whether that still holds. The second model that comes
 * takes the name away and then looks whether the first one runs; the first one notes that it runs
 * and then looks for its name. So one of the two sees the other. Thread-safe.
 */
final class FairDevice {
  /** Names nobody: the models take turns under the lock. */
  private static final Account SEVERAL = new Account(1, 0);

  /** How long a device counts as wanted by others after they left. */
  private static final long RECENT_NANOS = 5_000_000_000L;

  private final NanoClock clock;
  private final long quantumNanos;
  private final Overlap overlap;

  /** The only model that is present, {@link #SEVERAL}, or null for none. */
  private final AtomicReference<@Nullable Account> sole = new AtomicReference<>();

  private final ReentrantLock lock = new ReentrantLock();

  private final ShareLedger ledger;

  private final Line line = new Line();

  private volatile long contendedNanos;
  private volatile boolean everContended;

  /**
   * A device that nobody is on.
   *
   * @param capacity how much its runs may take together
   * @param quantumNanos by how much one model may be ahead of another, and on an exclusive device
   *     the longest run while others want it
   */
  FairDevice(int capacity, Overlap overlap, long quantumNanos, NanoClock clock) {
    this.clock = clock;
    this.quantumNanos = quantumNanos;
    this.overlap = overlap;
    ledger = new ShareLedger(capacity, overlap, quantumNanos);
  }

  /** The share of one more model. */
  DeviceShare share(double weight, int width) {
    return new Share(new Account(weight, width));
  }

  private final class Share implements DeviceShare {
    private final Account account;

    Share(Account account) {
      this.account = account;
    }

    @Override
    public long enter(BooleanSupplier givesUp) {
      return enteredAlone() ? 0 : enterAmongOthers(account, givesUp);
    }

    @Override
    public boolean tryEnter() {
      return enteredAlone() || tryEnterAmongOthers(account);
    }

    private boolean enteredAlone() {
      account.start(clock.nanos());
      var named = sole.get();
      if (named == account) {
        return true;
      }
      if (named == null && sole.compareAndSet(null, account)) {
        ledger.startAtFloor(account);
        return true;
      }
      account.stop(0);
      return false;
    }

    @Override
    public void leave(long computeNanos) {
      account.stop(computeNanos);
      if (sole.get() != account) {
        left(account);
      }
    }

    @Override
    public void idle() {
      if (sole.get() == account) {
        goneAlone(account);
      } else if (account.isListed()) {
        gone(account);
      }
    }

    @Override
    public long longestRunNanos() {
      return overlap == Overlap.EXCLUSIVE
              && everContended
              && clock.nanos() - contendedNanos < RECENT_NANOS
          ? quantumNanos
          : Long.MAX_VALUE;
    }

    @Override
    public boolean isExclusive() {
      return overlap == Overlap.EXCLUSIVE;
    }
  }

  private long enterAmongOthers(Account account, BooleanSupplier givesUp) {
    Waiter waiter;
    boolean mayRunAtOnce;
    lock.lock();
    try {
      waiter = stepUp(account, clock.nanos());
      mayRunAtOnce = waiter.letGo;
    } finally {
      lock.unlock();
    }
    return mayRunAtOnce ? 0 : await(waiter, givesUp);
  }

  private boolean tryEnterAmongOthers(Account account) {
    lock.lock();
    try {
      var waiter = stepUp(account, clock.nanos());
      if (!waiter.letGo) {
        line.leave(waiter);
      }
      return waiter.letGo;
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock: one more who waits, and goes at once if nothing speaks against it. */
  private Waiter stepUp(Account account, long now) {
    takeSoleAway(now);
    ledger.dropAbsent(now);
    ledger.list(account, now);
    if (ledger.isContended(account, now)) {
      contendedNanos = now;
      everContended = true;
    }
    var waiter = line.join(account, now);
    letRun(now);
    return waiter;
  }

  /** The one who was alone goes on as one of several. */
  private void takeSoleAway(long now) {
    var before = sole.getAndSet(SEVERAL);
    if (before != null && before != SEVERAL) {
      before.claimUntil(now + ShareLedger.CLAIM_NANOS);
      ledger.list(before, now);
    }
  }

  private void left(Account account) {
    lock.lock();
    try {
      long now = clock.nanos();
      account.claimUntil(now + ShareLedger.CLAIM_NANOS);
      letRun(now);
    } finally {
      lock.unlock();
    }
  }

  private void gone(Account account) {
    lock.lock();
    try {
      account.dropClaim();
      letRun(clock.nanos());
    } finally {
      lock.unlock();
    }
  }

  /** Another worker of the same model may have begun a run meanwhile, believing to be alone. */
  private void goneAlone(Account account) {
    if (account.running() > 0) {
      return;
    }
    ledger.raiseFloor(account);
    if (!sole.compareAndSet(account, null)) {
      return;
    }
    if (account.running() > 0 && !sole.compareAndSet(null, account)) {
      lock.lock();
      try {
        long now = clock.nanos();
        takeSoleAway(now);
        ledger.list(account, now);
      } finally {
        lock.unlock();
      }
    }
  }

  /** Lets all run who may, the one that is most behind first. */
  private void letRun(long now) {
    // The caller may come late: the device has gone to one model since, and nobody waits.
    if (sole.get() != SEVERAL) {
      return;
    }
    for (var next = line.first(ledger, now); next != null; next = line.first(ledger, now)) {
      line.letGo(next, now);
      LockSupport.unpark(next.thread);
    }
    ledger.dropAbsent(now);
    nameSole();
  }

  private void nameSole() {
    var present = ledger.present();
    if (present.isEmpty()) {
      sole.set(null);
    } else if (present.size() == 1 && line.size() == 0) {
      var last = present.getFirst();
      ledger.leaveAlone(last);
      sole.set(last);
    }
  }

  /** An interrupt ends the wait, and the run comes out of turn. */
  private long await(Waiter waiter, BooleanSupplier givesUp) {
    while (!waiter.letGo) {
      if (givesUp.getAsBoolean() && leavesLine(waiter)) {
        return DeviceShare.GIVEN_UP;
      }
      LockSupport.parkNanos(this, Math.max(waiter.lookNanos, 1));
      if (!waiter.letGo) {
        lookAgain(waiter, Thread.currentThread().isInterrupted());
      }
    }
    return Math.max(clock.nanos() - waiter.sinceNanos, 1);
  }

  /** False when its turn came in the meantime, which it then has. */
  private boolean leavesLine(Waiter waiter) {
    lock.lock();
    try {
      if (waiter.letGo) {
        return false;
      }
      line.leave(waiter);
      // Others may have waited for its turn.
      letRun(clock.nanos());
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void lookAgain(Waiter waiter, boolean interrupted) {
    lock.lock();
    try {
      long now = clock.nanos();
      letRun(now);
      if (interrupted && !waiter.letGo) {
        line.letGo(waiter, now);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Those who wait for the device; for tests. */
  int waiting() {
    lock.lock();
    try {
      return line.size();
    } finally {
      lock.unlock();
    }
  }
}
