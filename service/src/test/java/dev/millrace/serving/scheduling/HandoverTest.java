package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import org.junit.jupiter.api.Test;

class HandoverTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Handover handover =
      new Handover(new ServingMeters(registry, NanoClock.SYSTEM).open("echo", "1"));
  private final Refusals refusals = new Refusals("echo");

  @Test
  void countsRefusalsByPredictionApartFromThoseOfAFullQueue() {
    refuse(refusals.queueFull(20, 20));
    refuse(refusals.wouldMissGoal(30, 20, 5));
    refuse(refusals.wouldMissGoal(30, 20, 5));
    refuse(refusals.wouldExpire(1, 2, 1));
    refuse(refusals.expired(3));
    refuse(refusals.closed());
    assertThat(refused("full")).isEqualTo(1);
    assertThat(refused("predicted_goal")).isEqualTo(2);
    assertThat(refused("predicted_deadline")).isEqualTo(1);
    assertThat(refused("expired")).isEqualTo(1);
    assertThat(refused("not_ready")).isEqualTo(1);
  }

  @Test
  void countsNoRefusalWhereTheModelFailed() {
    handover.failed(request(), refusals.noMemory(), FailureReason.BACKEND);
    assertThat(refused("full")).isZero();
  }

  private void refuse(InferenceFailure failure) {
    handover.failed(request(), failure, FailureReason.REJECTED);
    handover.send();
  }

  private static ScheduledRequest request() {
    return new ScheduledRequest(List.of(), 1, List.of(), Long.MAX_VALUE, 0, Caller.direct());
  }

  private double refused(String cause) {
    return registry.get("millrace_request_refused").tag("cause", cause).gauge().value();
  }
}
