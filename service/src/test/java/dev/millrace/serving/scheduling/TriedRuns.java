package dev.millrace.serving.scheduling;

/** Runs of one copy on a shared device, by one who never waits: for tests of other packages. */
public final class TriedRuns {
  private final DeviceShare share;

  /** Of a copy on this device. */
  public TriedRuns(DeviceShares shares, String device) {
    share = shares.on(device);
  }

  /** Begins a run; false where it would have to wait for others. */
  public boolean begin() {
    return share.tryEnter();
  }

  /** Ends the run, which took so long; another one is about to follow. */
  public void end(long nanos) {
    share.leave(nanos);
  }

  /** No run follows. */
  public void rest() {
    share.idle();
  }
}
