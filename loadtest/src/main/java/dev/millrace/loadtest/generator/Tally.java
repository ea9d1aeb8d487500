package dev.millrace.loadtest.generator;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Counts the requests that were due within a window. Belongs to one thread. */
final class Tally {
  private static final long HIGHEST_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final Histogram nanos = new Histogram(HIGHEST_NANOS, 3);
  private final long fromNanos;
  private final long toNanos;
  private long answers;
  private long errors;
  private @Nullable String firstFailure;

  Tally(long fromNanos, long toNanos) {
    this.fromNanos = fromNanos;
    this.toNanos = toNanos;
  }

  void count(long dueNanos, long answeredNanos, @Nullable String failure) {
    if (dueNanos - fromNanos < 0 || dueNanos - toNanos >= 0) {
      return;
    }
    nanos.recordValue(Math.clamp(answeredNanos - dueNanos, 1, HIGHEST_NANOS));
    if (failure == null) {
      answers++;
    } else {
      errors++;
      firstFailure = firstFailure == null ? failure : firstFailure;
    }
  }

  Measurement measurement() {
    return new Measurement(
        answers, errors, Duration.ofNanos(toNanos - fromNanos), nanos, firstFailure);
  }
}
