package dev.millrace.serving.scheduling;

import java.util.function.BooleanSupplier;

/**
 * One model's share of a device that several models run on. Workers call {@link #enter}, {@link
 * #leave}, {@link #enter} and so on, and {@link #idle} when they have nothing to run. Thread-safe.
 */
interface DeviceShare {
  /** What {@link #enter} returns instead of a time when the caller gave up. */
  long GIVEN_UP = -1;

  /** Whoever asks may run at once. */
  DeviceShare UNSHARED =
      new DeviceShare() {
        @Override
        public long enter(BooleanSupplier givesUp) {
          return 0;
        }

        @Override
        public boolean tryEnter() {
          return true;
        }

        @Override
        public void leave(long computeNanos) {}

        @Override
        public void idle() {}

        @Override
        public long longestRunNanos() {
          return Long.MAX_VALUE;
        }

        @Override
        public boolean isExclusive() {
          return false;
        }
      };

  /**
   * Waits until this model may run; called by a worker before each run.
   *
   * @param givesUp asked while it waits, after each wake-up and every now and then: whether the
   *     caller does not want to run any more
   * @return nanoseconds waited; 0 where the device was free; {@link #GIVEN_UP} when it has not
   *     entered
   */
  long enter(BooleanSupplier givesUp);

  /**
   * The same for one who does not wait; false, and nothing has happened, where it would have to.
   */
  boolean tryEnter();

  /**
   * Called by the same worker after the run. Unless {@link #idle} follows, the model is expected
   * back at once, and one that had more of the device does not slip in between.
   *
   * @param computeNanos what the run took; 0 where none came about
   */
  void leave(long computeNanos);

  /** The worker has nothing to run. */
  void idle();

  /** How long a run may take; without bound while no other model wants the device. */
  long longestRunNanos();

  /** Whether runs queue up in the device, instead of being interrupted for others. */
  boolean isExclusive();
}
