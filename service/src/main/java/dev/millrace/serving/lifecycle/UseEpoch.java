package dev.millrace.serving.lifecycle;

/**
 * The time that recency is told in: it moves on only when a model is loaded or unloaded. Between
 * two such steps the order of requests cannot matter much to who is unloaded next, so a request
 * writes nothing when its model was used in this epoch already, and nothing at all while all models
 * fit. Thread-safe.
 */
final class UseEpoch {
  /** Written under the monitor of this. */
  private volatile long now = 1;

  long now() {
    return now;
  }

  synchronized void moveOn() {
    now++;
  }
}
