package dev.millrace.protocol.mlflow;

/** Where a run is. */
public enum RunStatus {
  /** It goes on. */
  RUNNING,
  /** It waits to be started. */
  SCHEDULED,
  /** It ended well. */
  FINISHED,
  /** It ended with an error. */
  FAILED,
  /** Somebody ended it. */
  KILLED
}
