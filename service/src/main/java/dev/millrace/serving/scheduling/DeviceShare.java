package dev.millrace.serving.scheduling;

/** One model's share of the device that several models run on. Thread-safe. */
public interface DeviceShare {
  /** Whoever asks may run at once. */
  DeviceShare UNSHARED =
      new DeviceShare() {
        @Override
        public void enter() {}

        @Override
        public void leave(long computeNanos) {}
      };

  /** Waits until this model may run; called by a worker before each run. */
  void enter();

  /** Called by the same worker after the run, with what it took. */
  void leave(long computeNanos);
}
