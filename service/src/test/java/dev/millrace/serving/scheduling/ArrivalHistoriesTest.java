package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.scheduling.ArrivalHistory.Tally;
import dev.millrace.serving.scheduling.QueuePolicy.Action;
import dev.millrace.serving.scheduling.QueuePolicy.TimeoutOverride;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Thousands of generated histories. Each is checked step by step against {@link QueueOracle}; here
 * it is asked besides that what a test is about did happen.
 */
class ArrivalHistoriesTest {
  private static final int HISTORIES = 1_500;
  private static final Duration NO_AGEING = Duration.ZERO;
  private static final QueuePolicy LATE =
      new QueuePolicy(0, Duration.ofNanos(60), Action.DELAY, TimeoutOverride.ALLOWED);

  @Test
  void takeNoMoreThanFitsAndWaitNoLongerThanTheDelay() {
    var tallies = play(random -> plain(random, sizes(random), NO_AGEING, QueuePolicy.NONE));
    assertThat(sum(tallies, tally -> tally.companyWaits)).isPositive();
    assertThat(sum(tallies, tally -> tally.fullBatches)).isPositive();
    assertThat(sum(tallies, tally -> tally.preferred)).isPositive();
    assertThat(sum(tallies, tally -> tally.forgotten)).isPositive();
  }

  @Test
  void letNobodyStarveWherePrioritiesAge() {
    var tallies =
        play(
            random ->
                plain(
                    random, List.of(), Duration.ofNanos(random.nextLong(1, 80)), QueuePolicy.NONE));
    assertThat(sum(tallies, tally -> tally.ran)).isGreaterThan(HISTORIES);
  }

  @Test
  void refuseOnlyWhatCannotBeAnsweredInTime() {
    var timed = new QueuePolicy(0, Duration.ofNanos(150), Action.REJECT, TimeoutOverride.IGNORED);
    var tallies = play(random -> plain(random, List.of(), NO_AGEING, timed));
    assertThat(sum(tallies, tally -> tally.refusedLate)).isPositive();
    assertThat(sum(tallies, tally -> tally.delayed)).isZero();
  }

  @Test
  void growNoBatchBeyondADeadlineThatASmallerOneMeets() {
    var tallies = play(random -> plain(random, sizes(random), ageing(random), QueuePolicy.NONE));
    assertThat(sum(tallies, tally -> tally.keptShort)).isGreaterThan(HISTORIES / 4);
    assertThat(sum(tallies, tally -> tally.fullBatches)).isPositive();
  }

  @Test
  void runWhatIsLateBehindAllOthersWhereThePolicyDelays() {
    var tallies = play(random -> plain(random, sizes(random), ageing(random), LATE));
    assertThat(sum(tallies, tally -> tally.delayed)).isPositive();
    assertThat(sum(tallies, tally -> tally.refusedLate)).isZero();
  }

  @Test
  void keepTheRulesOfEachPriority() {
    var tallies = play(ArrivalHistoriesTest::mixed);
    assertThat(sum(tallies, tally -> tally.turnedAway)).isPositive();
    assertThat(sum(tallies, tally -> tally.delayed)).isPositive();
    assertThat(sum(tallies, tally -> tally.refusedLate)).isPositive();
  }

  @Test
  void runOneByOneWhereNothingIsBatched() {
    var tallies = play(random -> plain(random, List.of(), NO_AGEING, LATE).withoutBatching());
    assertThat(sum(tallies, tally -> tally.companyWaits)).isZero();
  }

  /** Makes the settings of one history. */
  private interface Profile {
    SchedulerSettings settings(SplittableRandom random);
  }

  private static List<Tally> play(Profile profile) {
    return IntStream.range(0, HISTORIES).mapToObj(seed -> play(profile, seed)).toList();
  }

  private static Tally play(Profile profile, int seed) {
    var settings = profile.settings(new SplittableRandom(seed));
    try {
      return new ArrivalHistory(settings, seed).play();
    } catch (AssertionError e) {
      throw new AssertionError("Seed " + seed + " with " + settings, e);
    }
  }

  private static SchedulerSettings plain(
      SplittableRandom random, List<Integer> preferred, Duration ageing, QueuePolicy policy) {
    return settings(
        random, preferred, new QueueSettings(1_000, 3, 2, ageing, policy, new HashMap<>()));
  }

  private static SchedulerSettings mixed(SplittableRandom random) {
    var policies = new HashMap<Integer, QueuePolicy>();
    policies.put(1, new QueuePolicy(12, Duration.ZERO, Action.REJECT, TimeoutOverride.ALLOWED));
    policies.put(
        3, new QueuePolicy(9, Duration.ofNanos(90), Action.DELAY, TimeoutOverride.IGNORED));
    var queue = new QueueSettings(30, 4, 2, ageing(random), QueuePolicy.NONE, policies);
    return settings(random, sizes(random), queue);
  }

  private static SchedulerSettings settings(
      SplittableRandom random, List<Integer> preferred, QueueSettings queue) {
    return new SchedulerSettings(
        random.nextInt(8, 17),
        preferred,
        Duration.ofNanos(random.nextInt(3) == 0 ? 0 : random.nextLong(1, 120)),
        Duration.ZERO,
        queue,
        PaddingSettings.NONE,
        SchedulerSettings.Order.READY,
        Duration.ZERO);
  }

  private static List<Integer> sizes(SplittableRandom random) {
    return random.nextBoolean() ? List.of() : List.of(4, 8);
  }

  private static Duration ageing(SplittableRandom random) {
    return random.nextBoolean() ? NO_AGEING : Duration.ofNanos(random.nextLong(1, 80));
  }

  private static long sum(List<Tally> tallies, ToLongFunction<Tally> of) {
    return tallies.stream().mapToLong(of).sum();
  }
}
