package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestQueueTest {
  private static final long DELAY_NANOS = 1_000;

  private static final SchedulerSettings SETTINGS =
      new SchedulerSettings(4, List.of(), Duration.ofNanos(DELAY_NANOS), 20, 1, 1, Duration.ZERO);

  private final Learned learned = Learned.of(SETTINGS, 4, 1, "echo");
  private final Batch batch = new Batch(learned.times());
  private final RequestQueue queue =
      new RequestQueue(
          SETTINGS,
          4,
          new ServingMeters(new SimpleMeterRegistry(), NanoClock.SYSTEM).open("echo", "1"),
          learned);

  @Test
  void waitsForCompanyUntilTheDelayIsOver() {
    push();
    assertThat(queue.next(1, batch)).isEqualTo(new BatchDecision.LookAgain(DELAY_NANOS));
    assertThat(queue.next(DELAY_NANOS, batch)).isEqualTo(new BatchDecision.Run(1));
  }

  @Test
  void doesNotWaitForCompanyOnceEveryRequestRunsAlone() {
    push();
    queue.stopBatching();
    assertThat(queue.next(1, batch)).isEqualTo(new BatchDecision.Run(1));
  }

  @Test
  void takesABatchForFullThatOthersWhoWantTheDeviceDoNotLetGrow() {
    learned.ran(1, 100);
    learned.ran(2, 200);
    learned.ran(4, 400);
    for (int i = 0; i < 3; i++) {
      push();
    }
    assertThat(queue.next(1, batch, 200)).isEqualTo(new BatchDecision.Run(2));
    assertThat(queue.next(1, batch, 200)).isEqualTo(new BatchDecision.LookAgain(DELAY_NANOS));
    assertThat(queue.pendingRows()).isOne();
  }

  @Test
  void keepsCompanyOutThatComesJustBeforeTheLatestStartOfAnother() {
    learn();
    push(1, 60);
    assertThat(queue.next(1, batch)).isEqualTo(new BatchDecision.LookAgain(50));
    push(3, Long.MAX_VALUE);
    assertThat(queue.next(49, batch)).isEqualTo(new BatchDecision.Run(1));
    assertThat(batch.rows()).isEqualTo(1);
    assertThat(queue.pendingRows()).isEqualTo(3);
  }

  @Test
  void takesCompanyThatCostsNobodyItsDeadline() {
    learn();
    push(1, 90);
    push(3, 100);
    assertThat(queue.next(49, batch)).isEqualTo(new BatchDecision.Run(2));
  }

  @Test
  void keepsARequestOutThatWouldBeLateInTheLargerBatchItself() {
    learn();
    push(2, Long.MAX_VALUE);
    push(2, 75);
    assertThat(queue.next(49, batch)).isEqualTo(new BatchDecision.Run(1));
  }

  @Test
  void letsNobodyWaitUntilTheThreadWouldWakeTooLate() {
    learn();
    var careful = new Batch(learned.times(), null, 7);
    push(1, 60);
    assertThat(queue.next(1, careful)).isEqualTo(new BatchDecision.LookAgain(43));
  }

  /** A row takes 10 ns. */
  private void learn() {
    learned.times().ran(1, 10);
    learned.times().ran(2, 20);
    learned.times().ran(4, 40);
  }

  @Test
  void findsWhoWaitsBehindAnyNumberOfClientsThatLeft() {
    var settings = new SchedulerSettings(4, List.of(), Duration.ZERO, 2_000, 1, 1, Duration.ZERO);
    var crowded =
        new RequestQueue(
            settings,
            4,
            new ServingMeters(new SimpleMeterRegistry(), NanoClock.SYSTEM).open("echo", "1"),
            learned);
    for (int i = 0; i < 1_200; i++) {
      var left = Caller.direct();
      left.cancel();
      push(crowded, left);
    }
    push(crowded, Caller.direct());
    assertThat(crowded.next(1, batch)).isEqualTo(new BatchDecision.Run(1));
    assertThat(batch.unwanted()).hasSize(1_200);
    assertThat(crowded.hasMore()).isFalse();
  }

  private static void push(RequestQueue target, Caller caller) {
    target.rows().reserve(1, 1);
    target.push(
        Part.whole(
            new ScheduledRequest(
                List.of(Tensors.row("x", 1)), 1, List.of(), Long.MAX_VALUE, 0, caller),
            0));
  }

  private void push() {
    push(1, Long.MAX_VALUE);
  }

  private void push(int rows, long deadlineNanos) {
    var input = Tensors.floats("x", Shape.of(rows, 1), new float[rows]);
    queue.rows().reserve(rows, 1);
    queue.push(
        Part.whole(
            new ScheduledRequest(
                List.of(input), rows, List.of(), deadlineNanos, 0, Caller.direct()),
            0));
  }
}
