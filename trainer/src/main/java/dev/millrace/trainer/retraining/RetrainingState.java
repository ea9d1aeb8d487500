package dev.millrace.trainer.retraining;

/** Where a retraining is. */
public enum RetrainingState {
  /** Accepted, not begun. */
  QUEUED,
  /** Reading, training, exporting or publishing. */
  RUNNING,
  /** Its version is the champion now. */
  PROMOTED,
  /** Its version is registered, but not the champion. */
  REJECTED,
  /** It ended with an error; no version was promoted. */
  FAILED,
  /** Somebody ended it. */
  CANCELLED;

  /** Whether it stays as it is. */
  public boolean isFinal() {
    return this != QUEUED && this != RUNNING;
  }
}
