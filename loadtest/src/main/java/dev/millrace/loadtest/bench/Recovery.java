package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.generator.Timeline;
import java.util.List;
import java.util.stream.IntStream;

/**
 * When latency is back after a burst, from a figure per window. It is back at the end of the first
 * of two windows in a row that are within a factor of the usual one, the median before the burst.
 *
 * @param usual the median before the burst
 * @param seconds from the end of the burst until latency is back
 * @param undisturbed the same from a moment before the burst, when there is nothing to come back
 *     from but what else goes on: the longest of the second half of that time
 */
record Recovery(double usual, double seconds, double undisturbed) {
  private static final double FACTOR = 1.5;
  private static final double WINDOW_SECONDS = Timeline.WINDOW.toMillis() / 1e3;

  /** `from` is the first window of the burst, `to` the first after it. */
  static Recovery of(List<Double> windows, int from, int to) {
    var before = windows.subList(0, from);
    var sorted = before.stream().sorted().toList();
    var usual = sorted.get(sorted.size() / 2);
    var undisturbed =
        IntStream.range(from / 2, from)
            .mapToDouble(at -> Math.min(seconds(before, at, usual), (from - at) * WINDOW_SECONDS))
            .max();
    return new Recovery(usual, seconds(windows, to, usual), undisturbed.orElse(0));
  }

  private static double seconds(List<Double> windows, int start, double usual) {
    var limit = usual * FACTOR;
    for (var at = start; at + 1 < windows.size(); at++) {
      if (windows.get(at) <= limit && windows.get(at + 1) <= limit) {
        return (at + 1 - start) * WINDOW_SECONDS;
      }
    }
    return Double.POSITIVE_INFINITY;
  }
}
