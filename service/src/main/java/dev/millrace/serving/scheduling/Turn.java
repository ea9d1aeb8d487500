package dev.millrace.serving.scheduling;

import dev.millrace.serving.time.NanoClock;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One worker's turns on its device. Owned by the worker, but for {@link #abandon}. */
final class Turn {
  private final DeviceShares shares;
  private final NanoClock clock;
  private DeviceShare share;
  private boolean held;
  private long startedNanos;

  private final BooleanSupplier abandonment = this::isAbandoned;

  /** Who waits. */
  private volatile @Nullable Thread thread;

  private volatile boolean abandoned;

  /** Since its last turn. */
  private long waitedNanos;

  Turn(DeviceShares shares, String device, NanoClock clock) {
    this.shares = shares;
    this.clock = clock;
    share = shares.on(device);
  }

  /** The worker's instance is on this device from now on. */
  void moveTo(String device) {
    rest();
    share = shares.on(device);
  }

  /**
   * Waits for the device, unless the worker has it; false when it was abandoned while it waited.
   */
  boolean take() {
    return take(abandonment);
  }

  private boolean take(BooleanSupplier givesUp) {
    if (!held) {
      thread = Thread.currentThread();
      long nanos = share.enter(givesUp);
      held = nanos != DeviceShare.GIVEN_UP;
      waitedNanos = Math.max(nanos, 0);
      startedNanos = clock.nanos();
    }
    return held;
  }

  /** The same until a time on the clock; false when it came first. */
  boolean takeUntil(long nanos) {
    return take(() -> clock.nanos() - nanos > 0);
  }

  /** The same for a worker that others stand in for, who do not wait: false where they would. */
  boolean tryTake() {
    if (!held && !share.isExclusive() && share.tryEnter()) {
      waitedNanos = 0;
      held = true;
      startedNanos = clock.nanos();
    }
    return held;
  }

  /**
   * The same for a warm-up. On processors it takes no turn: the operating system knows that its
   * thread yields, and nobody must wait for it to catch up.
   */
  boolean takeToWarmUp(long untilNanos) {
    return !share.isExclusive() || takeUntil(untilNanos);
  }

  /** Ends the wait for the device, now and later. Any thread. */
  void abandon() {
    abandoned = true;
    var waiting = thread;
    if (waiting != null) {
      LockSupport.unpark(waiting);
    }
  }

  private boolean isAbandoned() {
    return abandoned;
  }

  /** How long others had the device before this turn. */
  long waitedNanos() {
    return waitedNanos;
  }

  /** The longest run that leaves the others their part. */
  long longestRunNanos() {
    return share.longestRunNanos();
  }

  /** Ends the turn after a run. */
  void give() {
    if (held) {
      held = false;
      share.leave(clock.nanos() - startedNanos);
    }
  }

  /** There is nothing to run. */
  void rest() {
    if (held) {
      held = false;
      share.leave(0);
    }
    share.idle();
  }
}
