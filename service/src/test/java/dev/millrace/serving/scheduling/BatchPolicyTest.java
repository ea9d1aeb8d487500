package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BatchPolicyTest {
  private static final int[] NONE = {};

  @Test
  void takesWhatIsThereWhenThereIsNoDelay() {
    var policy = new BatchPolicy(8, NONE, 0);
    assertThat(policy.decide(queueOf(waiting(1, 0)), 0)).isEqualTo(run(1));
    assertThat(policy.decide(queueOf(waiting(1, 0), waiting(2, 5)), 5)).isEqualTo(run(2));
  }

  @Test
  void runsTheBatchOnceTheOldestRequestHasWaitedLongEnough() {
    var policy = new BatchPolicy(8, NONE, 1_000);
    var queue = queueOf(waiting(1, 0), waiting(1, 900));
    assertThat(policy.decide(queue, 999)).isEqualTo(new BatchDecision.LookAgain(1_000));
    assertThat(policy.decide(queue, 1_000)).isEqualTo(run(2));
  }

  @Test
  void countsTheDelayFromTheOldestAlsoWhenItIsNotTheFirst() {
    var policy = new BatchPolicy(8, NONE, 1_000);
    var queue = queueOf(waiting(1, 900), waiting(1, 100));
    assertThat(policy.decide(queue, 950)).isEqualTo(new BatchDecision.LookAgain(1_100));
  }

  @Test
  void runsAFullBatchAtOnce() {
    var policy = new BatchPolicy(4, NONE, 1_000);
    assertThat(policy.decide(queueOf(waiting(3, 0), waiting(1, 0)), 1)).isEqualTo(run(2));
  }

  @Test
  void doesNotWaitWhenTheNextRequestDoesNotFit() {
    var policy = new BatchPolicy(4, NONE, 1_000);
    assertThat(policy.decide(queueOf(waiting(3, 0), waiting(2, 0)), 1)).isEqualTo(run(1));
  }

  @Test
  void doesNotWaitWhenADeadlineKeepsTheNextRequestOut() {
    var policy = new BatchPolicy(4, NONE, 1_000);
    assertThat(policy.decide(new Queue(List.of(waiting(1, 0)), true), 1)).isEqualTo(run(1));
  }

  @Test
  void countsRowsAndNotRequests() {
    var policy = new BatchPolicy(4, NONE, 0);
    var queue = queueOf(waiting(2, 0), waiting(2, 0), waiting(2, 0));
    assertThat(policy.decide(queue, 1)).isEqualTo(run(2));
  }

  @Test
  void runsAloneWhatIsLargerThanABatch() {
    var policy = new BatchPolicy(0, NONE, 1_000);
    assertThat(policy.decide(queueOf(waiting(1, 0), waiting(1, 0)), 0)).isEqualTo(run(1));
  }

  @Test
  void takesTheLargestPreferredSizeAtOnce() {
    var policy = new BatchPolicy(8, new int[] {2, 4}, 1_000);
    var five = queueOf(waiting(1, 0), waiting(1, 0), waiting(2, 0), waiting(1, 0));
    assertThat(policy.decide(five, 1)).isEqualTo(run(3));
    assertThat(policy.decide(queueOf(waiting(1, 0)), 1))
        .isEqualTo(new BatchDecision.LookAgain(1_000));
  }

  @Test
  void stopsWaitingInTimeForADeadline() {
    var policy = new BatchPolicy(8, NONE, 1_000);
    var queue = queueOf(new Waiting(1, 0, 400));
    assertThat(policy.decide(queue, 100)).isEqualTo(new BatchDecision.LookAgain(400));
    assertThat(policy.decide(queue, 400)).isEqualTo(run(1));
  }

  @Test
  void comparesTimesAcrossTheOverflowOfTheClock() {
    var policy = new BatchPolicy(8, NONE, 1_000);
    long submitted = Long.MAX_VALUE - 10;
    assertThat(policy.decide(queueOf(waiting(1, submitted)), submitted + 100))
        .isEqualTo(new BatchDecision.LookAgain(submitted + 1_000));
    assertThat(policy.decide(queueOf(waiting(1, submitted)), submitted + 1_000)).isEqualTo(run(1));
  }

  @Test
  void keepsItsPromisesForAnyArrivals() {
    var random = new SplittableRandom(5);
    for (int i = 0; i < 20_000; i++) {
      int max = random.nextInt(1, 20);
      long delay = random.nextInt(3) == 0 ? 0 : random.nextLong(2_000);
      long now = random.nextLong(1_000, 5_000);
      var queue = randomQueue(random, max, now);
      check(new BatchPolicy(max, NONE, delay).decide(queue, now), queue, max, delay, now);
    }
  }

  private static void check(BatchDecision decision, Queue queue, int max, long delay, long now) {
    switch (decision) {
      case BatchDecision.Run(int count) -> {
        assertThat(count).isBetween(1, queue.count());
        assertThat(queue.rowsOfFirst(count)).isLessThanOrEqualTo(max);
      }
      case BatchDecision.LookAgain(long at) -> {
        assertThat(at).isGreaterThan(now).isEqualTo(queue.oldest() + delay);
        assertThat(queue.rowsOfFirst(queue.count())).isLessThan(max);
      }
    }
  }

  private static Queue randomQueue(SplittableRandom random, int max, long now) {
    var waiting = new ArrayList<Waiting>();
    int count = random.nextInt(1, 12);
    for (int i = 0; i < count; i++) {
      waiting.add(waiting(random.nextInt(1, max + 1), now - random.nextLong(1_000)));
    }
    return new Queue(waiting, false);
  }

  private static BatchDecision run(int count) {
    return new BatchDecision.Run(count);
  }

  private static Waiting waiting(int rows, long submittedNanos) {
    return new Waiting(rows, submittedNanos, Long.MAX_VALUE);
  }

  private static Queue queueOf(Waiting... waiting) {
    return new Queue(List.of(waiting), false);
  }

  private record Waiting(int rows, long submittedNanos, long latestStartNanos) {}

  private record Queue(List<Waiting> waiting, boolean isClosed) implements QueueView {
    @Override
    public int count() {
      return waiting.size();
    }

    @Override
    public int rows(int index) {
      return waiting.get(index).rows();
    }

    @Override
    public long submittedNanos(int index) {
      return waiting.get(index).submittedNanos();
    }

    @Override
    public long latestStartNanos(int index) {
      return waiting.get(index).latestStartNanos();
    }

    int rowsOfFirst(int count) {
      return waiting.stream().limit(count).mapToInt(Waiting::rows).sum();
    }

    long oldest() {
      return waiting.stream().mapToLong(Waiting::submittedNanos).min().orElseThrow();
    }
  }
}
