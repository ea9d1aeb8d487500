package dev.millrace.loadtest.generator;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Counts the requests that were due within a window. Belongs to one thread. */
final class Tally {
  private static final long HIGHEST_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final Histogram all = new Histogram(HIGHEST_NANOS, 3);
  private final Histogram answered = new Histogram(HIGHEST_NANOS, 3);
  private final Timeline timeline;
  private final long fromNanos;
  private final long toNanos;
  private long refusals;
  private long failures;
  private @Nullable String firstFailure;

  Tally(long fromNanos, long toNanos) {
    this.fromNanos = fromNanos;
    this.toNanos = toNanos;
    timeline = new Timeline(fromNanos, toNanos);
  }

  void count(long dueNanos, long answeredNanos, @Nullable String failure) {
    if (isOutside(dueNanos)) {
      return;
    }
    var latency = record(dueNanos, answeredNanos);
    if (failure == null) {
      answered.recordValue(latency);
      timeline.answered(dueNanos, latency);
    } else {
      failures++;
      miss(dueNanos, failure);
    }
  }

  void refuse(long dueNanos, long answeredNanos, String reason) {
    if (!isOutside(dueNanos)) {
      record(dueNanos, answeredNanos);
      refusals++;
      miss(dueNanos, reason);
    }
  }

  private boolean isOutside(long dueNanos) {
    return dueNanos - fromNanos < 0 || dueNanos - toNanos >= 0;
  }

  private long record(long dueNanos, long answeredNanos) {
    var latency = Math.clamp(answeredNanos - dueNanos, 1, HIGHEST_NANOS);
    all.recordValue(latency);
    return latency;
  }

  private void miss(long dueNanos, String reason) {
    timeline.missed(dueNanos);
    firstFailure = firstFailure == null ? reason : firstFailure;
  }

  Measurement measurement() {
    return new Measurement(
        new Counts(answered.getTotalCount(), refusals, failures),
        Duration.ofNanos(toNanos - fromNanos),
        new Latencies(all, answered, timeline),
        firstFailure);
  }
}
