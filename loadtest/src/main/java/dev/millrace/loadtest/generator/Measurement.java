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
    long answers, long errors, Duration measured, Histogram nanos, @Nullable String firstFailure) {
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double NANOS_PER_SECOND = 1e9;

  /** Right answers per second. */
  public double perSecond() {
    return answers / (measured.toNanos() / NANOS_PER_SECOND);
  }

  /** Latency that this percentage of all requests stayed below, failed ones included. */
  public double millisAt(double percentile) {
    return nanos.getValueAtPercentile(percentile) / NANOS_PER_MILLI;
  }
}
