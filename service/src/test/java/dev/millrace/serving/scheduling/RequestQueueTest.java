package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestQueueTest {
  private static final long DELAY_NANOS = 1_000;

  private static final SchedulerSettings SETTINGS =
      new SchedulerSettings(4, List.of(), Duration.ofNanos(DELAY_NANOS), 20, 1, 1, Duration.ZERO);

  private final Learned learned = Learned.of(SETTINGS, 4, 1);
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

  private void push() {
    var input = Tensors.row("x", 1);
    queue.rows().reserve(1, 1);
    queue.push(
        Part.whole(
            new ScheduledRequest(List.of(input), 1, List.of(), Long.MAX_VALUE, 0, Caller.direct()),
            0));
  }
}
