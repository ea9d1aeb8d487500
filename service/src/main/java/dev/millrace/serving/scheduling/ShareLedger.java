package dev.millrace.serving.scheduling;

import java.util.ArrayList;
import java.util.List;

/**
 * Decides who may run on a device that several models want: start-time fair queueing.
 *
 * <p>Each model has a virtual time, what it ran divided by its weight. A model that comes back
 * begins about where the least served of those present is, so that idling earns nothing. Where runs
 * cannot be interrupted (a GPU) the one that is behind goes first, and the others wait for room.
 * Where the operating system interrupts them (processors) nobody waits for room: models overlap,
 * and one waits only while it is ahead of another by more than a quantum. There is no waiting at
 * all while the device has room and nobody who is behind waits. Source: Goyal, Vin and Cheng,
 * Start-time Fair Queueing, 1996; the claim of a model that is expected back at once is the
 * anticipation of Iyer and Druschel, Deceptive Idleness, 2001.
 *
 * <p>Guarded by the device's lock where nothing else is said, and knows no clock.
 */
final class ShareLedger {
  /** How long a model that has left is expected back: far more than the time between two runs. */
  static final long CLAIM_NANOS = 500_000;

  /** The longest time between two looks, in case a wake-up got lost. */
  static final long LOOK_NANOS = 50_000_000;

  private static final long SOON_NANOS = 100_000;

  private final int capacity;
  private final Overlap overlap;
  private final long quantumNanos;
  private final List<Account> present = new ArrayList<>();

  /**
   * Where those begin who find nobody. Written under the lock, or by the only one on the device.
   */
  private volatile long floor;

  /** The most that any of those had who left; the floor once nobody is left. Written as that. */
  private volatile long highest;

  /** What happens when more runs are under way than a device has room for. */
  enum Overlap {
    /** They queue up in the device, and a short one waits for the long one before it. */
    EXCLUSIVE,
    /** The operating system shares the device between them. */
    PREEMPTIVE
  }

  ShareLedger(int capacity, Overlap overlap, long quantumNanos) {
    this.capacity = capacity;
    this.overlap = overlap;
    this.quantumNanos = quantumNanos;
  }

  List<Account> present() {
    return present;
  }

  /**
   * Enters a model that wants the device. Where it would have to queue up it begins a quantum
   * before the one that had the least: so whoever uses less than its share waits for one run only,
   * and not for one of each that is level with it.
   */
  void list(Account account, long nowNanos) {
    if (!account.isListed()) {
      long start = overlap == Overlap.EXCLUSIVE ? quantumNanos : 0;
      account.atLeast(leastVirtualNanos(nowNanos) - start);
      account.list(true);
      present.add(account);
    }
  }

  /** Drops the models that want nothing. */
  void dropAbsent(long nowNanos) {
    for (int i = present.size() - 1; i >= 0; i--) {
      var account = present.get(i);
      if (!account.isPresent(nowNanos)) {
        drop(account);
      }
    }
  }

  /** While others stay it still owes them what it is ahead of them, should it come back. */
  private void drop(Account account) {
    remove(account);
    highest = Math.max(highest, account.served());
    if (present.isEmpty()) {
      floor = Math.max(floor, highest);
    }
  }

  /** Only this one is left, and need not be looked after until another comes. */
  void leaveAlone(Account last) {
    remove(last);
    floor = Math.max(floor, last.served());
  }

  private void remove(Account account) {
    present.remove(account);
    account.list(false);
  }

  /** The last one on the device goes. */
  void raiseFloor(Account account) {
    floor = Math.max(floor, Math.max(highest, account.served()));
  }

  /** The first one comes. */
  void startAtFloor(Account account) {
    account.atLeast(floor);
  }

  long leastVirtualNanos(long nowNanos) {
    long least = Long.MAX_VALUE;
    for (var account : present) {
      if (account.isPresent(nowNanos)) {
        least = Math.min(least, account.virtualNanos(nowNanos));
      }
    }
    return least == Long.MAX_VALUE ? floor : least;
  }

  /** Whether others want the device as well. */
  boolean isContended(Account account, long nowNanos) {
    for (var other : present) {
      if (other != account && other.isPresent(nowNanos)) {
        return true;
      }
    }
    return false;
  }

  /** How long to wait before looking again; 0 when the model may run. */
  long waitNanos(Account account, long nowNanos) {
    int load = account.width() * account.running();
    boolean first = true;
    long untilCaughtUp = 0;
    long mine = account.virtualNanos(nowNanos);
    for (var other : present) {
      if (other == account || !other.isPresent(nowNanos)) {
        continue;
      }
      long lead = mine - other.virtualNanos(nowNanos);
      first &= lead <= 0 || other.waiting() == 0;
      load += other.width() * demand(other, lead, nowNanos);
      if (lead > quantumNanos) {
        untilCaughtUp = Math.max(untilCaughtUp, untilCaughtUp(other, lead - quantumNanos));
      }
    }
    boolean room = load == 0 || load + account.width() <= capacity;
    if (first && room) {
      return 0;
    }
    return overlap == Overlap.PREEMPTIVE ? untilCaughtUp : exclusiveWait(account, nowNanos);
  }

  /** One that is behind and expected back has its place kept. */
  private static int demand(Account other, long lead, long nowNanos) {
    int running = other.running();
    return running == 0 && lead > 0 && other.claims(nowNanos) ? 1 : running;
  }

  private static long untilCaughtUp(Account other, long lead) {
    return other.running() > 0
        ? Math.clamp(other.nanosFor(lead), SOON_NANOS, LOOK_NANOS)
        : CLAIM_NANOS;
  }

  private long exclusiveWait(Account account, long nowNanos) {
    for (var other : present) {
      if (other != account && other.running() == 0 && other.claims(nowNanos)) {
        return CLAIM_NANOS;
      }
    }
    return LOOK_NANOS;
  }
}
