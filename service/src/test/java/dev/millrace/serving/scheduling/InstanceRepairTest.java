package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class InstanceRepairTest {
  private final EchoModel model = EchoModel.free();

  @Test
  void tellsTheCallerAndGoesOnWithAnotherInstance() throws Exception {
    var other = EchoModel.free();
    try (var scheduler = start(repairing(Optional.of(other)), model)) {
      assertThat(submit(scheduler, EchoModel.MEMORY).failure())
          .isEqualTo(
              new InferenceFailure.Overloaded(
                  "Model 'echo' found no memory on its device for this request. Try again later, or"
                      + " send fewer rows."));
      assertThat(submit(scheduler, 4).answer()).containsExactly(4);
      assertThat(model.closed()).isTrue();
      assertThat(other.runs()).hasSize(1);
    }
    assertThat(other.closed()).isTrue();
  }

  @Test
  void goesOnWithTheOthersWhereNoneCanBeMade() throws Exception {
    try (var scheduler = start(InstanceRepair.NONE, model, EchoModel.free())) {
      submit(scheduler, EchoModel.MEMORY).failure();
      for (int i = 0; i < 10; i++) {
        assertThat(submit(scheduler, i).answer()).containsExactly(i);
      }
    }
  }

  @Test
  void refusesWhenNoneIsLeft() throws Exception {
    try (var scheduler = start(InstanceRepair.NONE, model)) {
      submit(scheduler, EchoModel.MEMORY).failure();
      assertThat(submit(scheduler, 4).failure())
          .isEqualTo(
              new InferenceFailure.NotReady(
                  "Model 'echo' has no instance left: its device has no memory for it. Try again"
                      + " later, or load it again."));
    }
  }

  @Test
  void takesItsShareOfTheDeviceThatTheOtherInstanceIsOn() throws Exception {
    var asked = new CopyOnWriteArrayList<String>();
    DeviceShares shares =
        device -> {
          asked.add(device);
          return DeviceShare.UNSHARED;
        };
    var moved = EchoModel.free().on("cuda:1");
    try (var scheduler = start(shares, repairing(Optional.of(moved)), model.on("cuda:0"))) {
      submit(scheduler, EchoModel.MEMORY).failure();
      assertThat(submit(scheduler, 4).answer()).containsExactly(4);
    }
    assertThat(asked).containsExactly("cuda:0", "cuda:1");
  }

  @Test
  void losesTheInstanceWhereTheRepairBreaks() throws Exception {
    InstanceRepair breaking =
        (_, _) -> {
          throw new IllegalStateException("the repair broke");
        };
    try (var scheduler = start(breaking, model)) {
      submit(scheduler, EchoModel.MEMORY).failure();
      assertThat(submit(scheduler, 4).failure()).isInstanceOf(InferenceFailure.NotReady.class);
    }
  }

  private static InstanceRepair repairing(Optional<EchoModel> other) {
    return (broken, _) -> {
      broken.close();
      return other.map(replacement -> replacement);
    };
  }

  private static ModelScheduler start(InstanceRepair repair, EchoModel... models) {
    return start(DeviceShares.UNSHARED, repair, models);
  }

  private static ModelScheduler start(
      DeviceShares shares, InstanceRepair repair, EchoModel... models) {
    var meters = new ServingMeters(new SimpleMeterRegistry(), NanoClock.SYSTEM).open("echo", "1");
    return ModelScheduler.start(
        List.of(models),
        SchedulerSettings.defaults(),
        new SchedulerContext(meters, NanoClock.SYSTEM, shares, repair));
  }

  private static Caller submit(ModelScheduler scheduler, float value) {
    var caller = Caller.direct();
    scheduler.submit(
        new ScheduledRequest(
            List.of(Tensors.row("x", value)), 1, List.of(), Long.MAX_VALUE, 0, caller));
    return caller;
  }
}
