package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What holds for every run where shapes differ and priorities do not age. */
final class StartOracle {
  private final int maxRows;

  /** The places in line of those that ran. */
  private final Map<Line, Integer> lastPlaces = new HashMap<>();

  private final Map<Part, Integer> places = new HashMap<>();
  private int fullBatches;
  private int delayed;
  private int overtakenByShape;

  /** Those who are served in the order in which they came. */
  private record Line(int level, long width) {}

  StartOracle(int maxRows) {
    this.maxRows = maxRows;
  }

  int fullBatches() {
    return fullBatches;
  }

  /** Those that ran though they were late. */
  int delayed() {
    return delayed;
  }

  /** Runs with somebody who came after one of the same priority and another shape. */
  int overtakenByShape() {
    return overtakenByShape;
  }

  /** Called with each part in the order in which they are queued. */
  void queued(Part part) {
    places.put(part, places.size());
  }

  /**
   * Called before a run, with all that waits and what of it runs.
   *
   * @param waiting in the order in which they were queued
   */
  void check(List<Part> waiting, List<Part> running, long nowNanos) {
    int rows = running.stream().mapToInt(part -> part.rows).sum();
    assertThat(rows).isBetween(1, maxRows);
    assertThat(running).extracting(StartOracle::width).containsOnly(width(running.getFirst()));
    for (var part : running) {
      assertThat(part.isForgotten()).isFalse();
      assertThat(part.delayed || part.deadlineNanos > nowNanos).as("in time").isTrue();
      checkPlace(part);
      delayed += part.delayed ? 1 : 0;
    }
    checkLeader(waiting, running.getFirst());
    fullBatches += rows == maxRows ? 1 : 0;
    overtakenByShape += isAnyOvertaken(waiting, running.getLast()) ? 1 : 0;
  }

  /** Those that are late wait in the order in which that was seen. */
  private void checkPlace(Part part) {
    if (!part.delayed) {
      int place = places.getOrDefault(part, -1);
      var before = lastPlaces.put(new Line(part.level, width(part)), place);
      assertThat(place).isGreaterThan(before == null ? -1 : before);
    }
  }

  /** Whoever is first in line runs, whatever shape most of those behind it have. */
  private static void checkLeader(List<Part> waiting, Part first) {
    var leader =
        waiting.stream()
            .min(
                Comparator.comparing((Part part) -> part.delayed)
                    .thenComparingInt(part -> part.level))
            .orElseThrow();
    assertThat(leader.delayed || first == leader).isTrue();
  }

  private boolean isAnyOvertaken(List<Part> waiting, Part last) {
    return waiting.stream()
        .anyMatch(
            part ->
                part.level == last.level
                    && width(part) != width(last)
                    && places.getOrDefault(part, 0) < places.getOrDefault(last, 0));
  }

  private static long width(Part part) {
    return part.request.inputs().getFirst().shape().dimension(1);
  }
}
