package dev.millrace.serving.scheduling;

/** What the batcher does next. */
sealed interface BatchDecision {
  /** Runs the first so many of the queue together. */
  record Run(int count) implements BatchDecision {}

  /** Waits for company until then, or until more arrives. */
  record LookAgain(long atNanos) implements BatchDecision {}
}
