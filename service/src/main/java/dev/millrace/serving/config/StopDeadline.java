package dev.millrace.serving.config;

import dev.millrace.serving.time.NanoClock;
import java.time.Duration;

/**
 * When a stop must be over. Its stages wait one after the other, and whoever asked for the stop
 * kills the process in the end, so they share one limit. Thread-safe.
 */
final class StopDeadline {
  /** What a stage gets when the others took all: enough to close what is idle. */
  private static final Duration LEAST = Duration.ofMillis(250);

  private final Duration limit;
  private final NanoClock clock;

  /** Guarded by this. */
  private boolean begun;

  /** Guarded by this. */
  private long beginNanos;

  StopDeadline(Duration limit, NanoClock clock) {
    this.limit = limit;
    this.clock = clock;
  }

  /** How long a stage may wait; the limit counts from the first time that one asks. */
  synchronized Duration left() {
    long now = clock.nanos();
    if (!begun) {
      begun = true;
      beginNanos = now;
    }
    var left = limit.minusNanos(now - beginNanos);
    return left.compareTo(LEAST) < 0 ? LEAST : left;
  }
}
