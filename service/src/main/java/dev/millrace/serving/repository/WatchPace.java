package dev.millrace.serving.repository;

import java.time.Duration;

/** How long to leave the store alone between two questions for moves. Guarded by its owner. */
final class WatchPace {
  /** What became of a question. */
  enum Answer {
    MOVED,
    UNMOVED,
    /** This store does not know the question. */
    UNKNOWN,
    FAILED
  }

  private static final Duration SHORT = Duration.ofMillis(10);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofSeconds(30);
  private static final Duration RARELY = Duration.ofMinutes(10);

  private int failures;

  /** The pause after an answer that took this long to come. */
  Duration after(Answer answer, Duration took) {
    failures = answer == Answer.FAILED ? failures + 1 : 0;
    return switch (answer) {
      case MOVED -> SHORT;
      // A store that stops answers at once, and others may not wait at all.
      case UNMOVED -> took.compareTo(SECOND) < 0 ? SECOND : Duration.ZERO;
      // Until somebody puts another store in its place.
      case UNKNOWN -> RARELY;
      case FAILED -> shorter(RetryPlan.delayAfter(failures), LONGEST);
    };
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
