package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.generator.Timeline;
import java.util.List;

/**
 * When latency is back after a burst, from a figure per window. It is back at the end of the first
 * of two windows in a row that are within a factor of the usual one, the median before the burst.
 */
record Recovery(double usual, double seconds) {
  private static final double FACTOR = 1.5;

  /** `from` is the first window of the burst, `to` the first after it. */
  static Recovery of(List<Double> windows, int from, int to) {
    var sorted = windows.subList(0, from).stream().sorted().toList();
    var usual = sorted.get(sorted.size() / 2);
    return new Recovery(usual, seconds(windows, to, usual * FACTOR));
  }

  private static double seconds(List<Double> windows, int to, double limit) {
    for (var at = to; at + 1 < windows.size(); at++) {
      if (windows.get(at) <= limit && windows.get(at + 1) <= limit) {
        return (at + 1 - to) * (Timeline.WINDOW.toMillis() / 1e3);
      }
    }
    return Double.POSITIVE_INFINITY;
  }
}
