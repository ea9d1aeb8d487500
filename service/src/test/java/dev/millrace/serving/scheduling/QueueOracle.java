package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What the settings promise, said over a plain list of all that waits. */
final class QueueOracle {
  private final SchedulerSettings settings;
  private final QueueSettings rules;
  private final long delayNanos;
  private final long ageingNanos;

  QueueOracle(SchedulerSettings settings) {
    this.settings = settings;
    rules = settings.queue();
    delayNanos = settings.maxQueueDelay().toNanos();
    ageingNanos = rules.ageing().toNanos();
  }

  /** The earlier of what a request and its level say, where it may say something. */
  long deadline(int level, long named, long now) {
    var policy = rules.policy(level);
    if (policy.defaultTimeout().isZero()) {
      return named;
    }
    long own = now + policy.defaultTimeout().toNanos();
    return policy.override() == QueuePolicy.TimeoutOverride.IGNORED ? own : Math.min(own, named);
  }

  /** Whether there is room for so many rows more. */
  boolean fits(List<Part> waiting, int rows, int level) {
    int most = rules.policy(level).maxQueueRows();
    int all = waiting.stream().mapToInt(part -> part.rows).sum();
    int mine =
        waiting.stream().filter(part -> part.level == level).mapToInt(part -> part.rows).sum();
    return all + rows <= rules.maxRows() && (most == 0 || mine + rows <= most);
  }

  /** Nothing waits for company beyond the oldest one's delay, beyond a deadline, or when full. */
  void checkWait(List<Part> waiting, long at, long now, ComputeTimes times) {
    int rows = waiting.stream().mapToInt(part -> part.rows).sum();
    assertThat(rows).isBetween(1, settings.maxBatchRows() - 1);
    long earliest = Long.MAX_VALUE;
    for (var part : waiting) {
      earliest = Math.min(earliest, part.submittedNanos + delayNanos);
      if (part.deadlineNanos != Long.MAX_VALUE && !part.delayed) {
        earliest = Math.min(earliest, part.deadlineNanos - times.expectedNanos(rows));
      }
    }
    assertThat(at).isEqualTo(earliest);
    assertThat(allowed(inOrder(waiting, now), now, times)).hasSameSizeAs(waiting);
    var inOrder = inOrder(waiting, now);
    if (!inOrder.getLast().delayed) {
      assertThat(preferred(inOrder)).isZero();
    }
  }

  /** What runs is the first of what waits, as much as fits, and nobody is overtaken for ever. */
  void checkRun(List<Part> waiting, List<Part> running, long now, ComputeTimes times) {
    var inOrder = inOrder(waiting, now);
    checkSize(inOrder, allowed(inOrder, now, times), running);
    checkDeadlines(running, now, times);
    var inTime = running.stream().filter(part -> !part.delayed).toList();
    assertThat(inTime).isEqualTo(inOrder.subList(0, inTime.size()));
    if (inTime.size() < running.size()) {
      assertThat(inOrder.subList(inTime.size(), inOrder.size())).allMatch(part -> part.delayed);
    }
    checkOvertaking(inOrder, running, inTime, now);
  }

  /** Those that are late wait in the order in which that was seen, which the list does not tell. */
  private void checkSize(List<Part> inOrder, List<Part> allowed, List<Part> running) {
    if (inOrder.getLast().delayed) {
      int rows = running.stream().mapToInt(part -> part.rows).sum();
      assertThat(running.size() == 1 || rows <= settings.maxBatchRows()).isTrue();
    } else {
      int preferred = preferred(allowed);
      assertThat(running).hasSize(preferred > 0 ? preferred : fitting(allowed));
    }
  }

  /** Whoever would have met its deadline without those behind it still does. */
  private static void checkDeadlines(List<Part> running, long now, ComputeTimes times) {
    for (int size = 2; size <= running.size(); size++) {
      var before = running.subList(0, size - 1);
      assertThat(missed(before, running.subList(0, size), now, times)).isEmpty();
    }
  }

  /** Those who met their deadlines in the smaller batch and miss them in the larger one. */
  private static List<Part> missed(
      List<Part> smaller, List<Part> larger, long now, ComputeTimes times) {
    return smaller.stream()
        .filter(part -> meets(part, smaller, now, times) && !meets(part, larger, now, times))
        .toList();
  }

  private static boolean meets(Part part, List<Part> batch, long now, ComputeTimes times) {
    int rows = batch.stream().mapToInt(member -> member.rows).sum();
    return part.delayed
        || part.deadlineNanos == Long.MAX_VALUE
        || part.deadlineNanos - now >= times.expectedNanos(rows);
  }

  /** Whether a deadline, and nothing else, keeps the next in line out of the batch. */
  boolean isKeptShort(List<Part> waiting, long now, ComputeTimes times) {
    var inOrder = inOrder(waiting, now);
    var allowed = allowed(inOrder, now, times);
    return preferred(inOrder) == 0 && fitting(allowed) < fitting(inOrder);
  }

  /** The first in line, up to the one who would make somebody late, itself included. */
  private static List<Part> allowed(List<Part> inOrder, long now, ComputeTimes times) {
    int size = 1;
    while (size < inOrder.size() && mayJoin(inOrder, size, now, times)) {
      size++;
    }
    return inOrder.subList(0, size);
  }

  private static boolean mayJoin(List<Part> inOrder, int size, long now, ComputeTimes times) {
    var next = inOrder.get(size);
    var larger = inOrder.subList(0, size + 1);
    boolean lateAnyway = !meets(next, List.of(next), now, times);
    return missed(inOrder.subList(0, size), larger, now, times).isEmpty()
        && (lateAnyway || meets(next, larger, now, times));
  }

  /** Who has aged to the top is overtaken by nobody who came later. */
  private void checkOvertaking(
      List<Part> waiting, List<Part> running, List<Part> inTime, long now) {
    if (ageingNanos == 0) {
      return;
    }
    for (var left : waiting) {
      boolean aged = now - left.submittedNanos >= (left.level - 1) * ageingNanos;
      if (aged && !left.delayed && !running.contains(left)) {
        assertThat(inTime).allMatch(part -> part.submittedNanos <= left.submittedNanos);
      }
    }
  }

  /** Who is refused could not be answered in time any more, and its level says so. */
  void checkRefused(Part part, long now, ComputeTimes times) {
    assertThat(rules.policy(part.level).action()).isEqualTo(QueuePolicy.Action.REJECT);
    assertThat(part.deadlineNanos - now).isLessThan(Math.max(times.expectedNanos(part.rows), 1));
  }

  /** A stable sort, so that those alike stay in the order in which they came. */
  private List<Part> inOrder(List<Part> waiting, long now) {
    var sorted = new ArrayList<>(waiting);
    sorted.sort(
        Comparator.comparing((Part part) -> part.delayed)
            .thenComparingLong(part -> effectiveLevel(part, now))
            .thenComparingLong(part -> ageingNanos == 0 ? 0 : part.submittedNanos)
            .thenComparingInt(part -> part.level));
    return sorted;
  }

  private long effectiveLevel(Part part, long now) {
    long risen = ageingNanos == 0 ? 0 : (now - part.submittedNanos) / ageingNanos;
    return Math.max(1, part.level - risen);
  }

  private int fitting(List<Part> inOrder) {
    int rows = inOrder.getFirst().rows;
    int count = 1;
    while (count < inOrder.size() && rows + inOrder.get(count).rows <= settings.maxBatchRows()) {
      rows += inOrder.get(count++).rows;
    }
    return count;
  }

  /** How many of the first make the largest preferred size. */
  private int preferred(List<Part> inOrder) {
    int rows = 0;
    int count = 0;
    for (int i = 0; i < inOrder.size(); i++) {
      rows += inOrder.get(i).rows;
      count = settings.preferredBatchRows().contains(rows) ? i + 1 : count;
    }
    return count;
  }
}
