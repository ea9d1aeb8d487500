package dev.millrace.serving.scheduling;

import dev.millrace.serving.time.NanoClock;

/** One worker's turns on its device. Owned by the worker. */
final class Turn {
  private final DeviceShares shares;
  private final NanoClock clock;
  private DeviceShare share;
  private boolean held;
  private long startedNanos;

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

  /** Waits for the device, unless the worker has it. */
  void take() {
    if (!held) {
      waitedNanos = share.enter();
      held = true;
      startedNanos = clock.nanos();
    }
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
  void takeToWarmUp() {
    if (share.isExclusive()) {
      take();
    }
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
