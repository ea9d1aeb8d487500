package dev.millrace.loadtest.generator;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * Latencies in windows of 250 ms, by the time at which requests were due. A request without an
 * answer counts as longer than any with one, so that a server cannot look fast by refusing.
 */
public final class Timeline {
  /** Length of each window. */
  public static final Duration WINDOW = Duration.ofMillis(250);

  private static final long MISSED = Duration.ofHours(1).toNanos();
  private static final int DIGITS = 2;
  private static final double NANOS_PER_MILLI = 1e6;

  private final List<Histogram> windows;
  private final long fromNanos;

  /** Windows for requests due from one moment until before another. */
  public Timeline(long fromNanos, long toNanos) {
    this.fromNanos = fromNanos;
    var count = Math.ceilDiv(toNanos - fromNanos, WINDOW.toNanos());
    windows = Stream.generate(() -> new Histogram(DIGITS)).limit(count).toList();
  }

  void answered(long dueNanos, long latencyNanos) {
    window(dueNanos).recordValue(latencyNanos);
  }

  void missed(long dueNanos) {
    window(dueNanos).recordValue(MISSED);
  }

  private Histogram window(long dueNanos) {
    return windows.get((int) ((dueNanos - fromNanos) / WINDOW.toNanos()));
  }

  /**
   * What this percentage of the requests of each window stayed below, in ms; infinite where too
   * many had no answer, NaN where none was due.
   */
  public List<Double> millisAt(double percentile) {
    return windows.stream().map(window -> millis(window, percentile)).toList();
  }

  private static double millis(Histogram window, double percentile) {
    if (window.getTotalCount() == 0) {
      return Double.NaN;
    }
    var nanos = window.getValueAtPercentile(percentile);
    return nanos >= MISSED ? Double.POSITIVE_INFINITY : nanos / NANOS_PER_MILLI;
  }
}
