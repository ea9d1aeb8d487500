package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.scheduling.QueuePolicy.Action;
import dev.millrace.serving.scheduling.QueuePolicy.TimeoutOverride;
import dev.millrace.serving.scheduling.SchedulerSettings.Order;
import dev.millrace.serving.scheduling.ShapedHistory.Ending;
import dev.millrace.serving.scheduling.ShapedHistory.Tally;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;

/**
 * Generated histories of requests of two shapes, of which some run in pieces. Each is checked step
 * by step against {@link StartOracle}; here it is asked besides that what a test is about did
 * happen.
 */
class ShapedHistoriesTest {
  private static final int HISTORIES = 600;

  @Test
  void endEachRequestOnceAndMixNoShapes() throws Exception {
    check(play(Order.READY, QueuePolicy.NONE));
  }

  @Test
  void endThemInTheOrderOfSubmissionWhereThatIsKept() throws Exception {
    check(play(Order.SUBMITTED, QueuePolicy.NONE));
  }

  @Test
  void runWhatIsLateBehindAllOthersWhereThePolicyDelays() throws Exception {
    var policy = new QueuePolicy(0, Duration.ofNanos(90), Action.DELAY, TimeoutOverride.ALLOWED);
    var tallies = play(Order.READY, policy);
    assertThat(sum(tallies, tally -> tally.starts().delayed())).isGreaterThan(HISTORIES);
    assertThat(sum(tallies, tally -> count(tally.endings(), Ending.LATE))).isZero();
  }

  private static void check(List<Tally> tallies) {
    assertThat(sum(tallies, tally -> tally.starts().fullBatches())).isGreaterThan(HISTORIES);
    assertThat(sum(tallies, tally -> tally.starts().overtakenByShape())).isGreaterThan(HISTORIES);
    for (var ending : Ending.values()) {
      assertThat(sum(tallies, tally -> count(tally.endings(), ending)))
          .as("%s", ending)
          .isGreaterThan(HISTORIES / 4);
      assertThat(sum(tallies, tally -> count(tally.inPieces(), ending)))
          .as("%s in pieces", ending)
          .isGreaterThan(HISTORIES / 20);
    }
  }

  private static List<Tally> play(Order order, QueuePolicy policy) throws InterruptedException {
    var tallies = new ArrayList<Tally>();
    for (int seed = 0; seed < HISTORIES; seed++) {
      var settings = settings(new SplittableRandom(seed), order, policy);
      try {
        tallies.add(new ShapedHistory(settings, seed).play());
      } catch (AssertionError e) {
        throw new AssertionError("Seed " + seed + " with " + settings, e);
      }
    }
    return tallies;
  }

  private static SchedulerSettings settings(
      SplittableRandom random, Order order, QueuePolicy policy) {
    int maxRows = random.nextInt(4, 13);
    return new SchedulerSettings(
        maxRows,
        random.nextBoolean() ? List.of() : List.of(2, 4),
        Duration.ofNanos(random.nextInt(3) == 0 ? 0 : random.nextLong(1, 120)),
        Duration.ZERO,
        new QueueSettings(
            random.nextInt(4 * maxRows, 12 * maxRows),
            random.nextInt(1, 4),
            1,
            Duration.ZERO,
            policy,
            Map.of()),
        PaddingSettings.NONE,
        order,
        Duration.ZERO);
  }

  private static int count(Map<Ending, Integer> endings, Ending ending) {
    return endings.getOrDefault(ending, 0);
  }

  private static int sum(List<Tally> tallies, ToIntFunction<Tally> of) {
    return tallies.stream().mapToInt(of).sum();
  }
}
