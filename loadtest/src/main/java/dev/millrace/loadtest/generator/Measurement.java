package dev.millrace.loadtest.generator;

import java.time.Duration;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What came of the requests that were due in the measured time. Latencies run from the moment a
 * request was due to its answer, so that a server that stalls cannot hide the requests it kept from
 * being sent.
 */
public record Measurement(
    Counts counts, Duration measured, Latencies latencies, @Nullable String firstFailure) {
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double NANOS_PER_SECOND = 1e9;

  /** Right answers. */
  public long answers() {
    return counts.answers();
  }

  /** Everything else, refusals included. */
  public long errors() {
    return counts.errors();
  }

  /** Right answers per second. */
  public double perSecond() {
    return perSecond(answers());
  }

  /** Right answers per second that took no longer than this. */
  public double perSecondWithin(Duration goal) {
    return perSecond(latencies.answered().getCountBetweenValues(0, goal.toNanos()));
  }

  private double perSecond(long count) {
    return count / (measured.toNanos() / NANOS_PER_SECOND);
  }

  /** Latency that this percentage of all requests stayed below, failed ones included. */
  public double millisAt(double percentile) {
    return millis(latencies.all(), percentile);
  }

  /** Latency that this percentage of the answered requests stayed below. */
  public double answeredMillisAt(double percentile) {
    return millis(latencies.answered(), percentile);
  }

  private static double millis(Histogram nanos, double percentile) {
    return nanos.getValueAtPercentile(percentile) / NANOS_PER_MILLI;
  }
}
