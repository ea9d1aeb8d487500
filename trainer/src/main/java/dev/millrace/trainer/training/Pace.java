package dev.millrace.trainer.training;

/** Tells the time left from the time taken. */
record Pace(long startNanos) {
  long secondsLeft(int step, int steps, long nowNanos) {
    double perStep = (nowNanos - startNanos) / 1e9 / Math.max(1, step);
    return Math.round(perStep * (steps - step));
  }
}
