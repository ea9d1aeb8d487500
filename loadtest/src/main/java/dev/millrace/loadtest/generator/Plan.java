package dev.millrace.loadtest.generator;

import java.time.Duration;

/** One load: its arrivals, how many may be in flight, how long is warmed up and then measured. */
public record Plan(Arrivals arrivals, int callers, Duration warmUp, Duration measured) {
  /** Refuses a plan without callers or without time. */
  public Plan {
    if (callers < 1) {
      throw new IllegalArgumentException(
          "There are " + callers + " callers; at least 1 is needed.");
    }
    if (warmUp.isNegative() || measured.isNegative() || measured.isZero()) {
      throw new IllegalArgumentException(
          "Warm-up is %s and the measured time is %s; the measured time must be more than 0."
              .formatted(warmUp, measured));
    }
  }
}
