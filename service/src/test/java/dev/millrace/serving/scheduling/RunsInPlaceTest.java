package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Brief runs on the event loop that submits them, in the place of the sleeping worker. */
class RunsInPlaceTest {
  private final EchoModel model = EchoModel.ofValues();
  private final ExecutorService loop =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("loop").factory());

  @AfterEach
  void stop() {
    loop.shutdownNow();
  }

  @Test
  void runsOnTheLoopThatSubmits() throws Exception {
    try (var scheduler = start(SchedulerSettings.defaults(), InstanceRepair.NONE)) {
      awaitRunInPlace(scheduler);
      var caller = submit(scheduler, 4);
      assertThat(caller.answer()).containsExactly(4);
      assertThat(caller.toldOn()).isEqualTo(model.ranOn().getLast());
      assertThat(model.ranOn().getLast().getName()).isEqualTo("loop");
    }
  }

  @Test
  void runsWhatCameInOneTurnOfTheLoopTogether() throws Exception {
    try (var scheduler = start(SchedulerSettings.defaults(), InstanceRepair.NONE)) {
      awaitRunInPlace(scheduler);
      var callers = new ArrayList<Caller>();
      loop.submit(
              () -> {
                for (int i = 0; i < 3; i++) {
                  callers.add(new Caller(loop));
                  scheduler.submit(request(i, callers.getLast()));
                }
              })
          .get(10, TimeUnit.SECONDS);
      for (int i = 0; i < 3; i++) {
        assertThat(callers.get(i).answer()).containsExactly(i);
      }
      assertThat(model.runs().getLast()).containsExactly(0, 1, 2);
    }
  }

  @Test
  void leavesToTheWorkerWhatIsNotKnownToBeBrief() throws Exception {
    try (var scheduler =
        ModelScheduler.start(
            List.of(model), SchedulerSettings.defaults(), context(InstanceRepair.NONE))) {
      assertThat(submit(scheduler, 4).answer()).containsExactly(4);
      assertThat(model.ranOn().getLast().getName()).startsWith("worker-");
    }
  }

  @Test
  void leavesToTheWorkerWhatDependsOnLengths() throws Exception {
    var other = EchoModel.free();
    try (var scheduler = warm(other, SchedulerSettings.defaults(), context(InstanceRepair.NONE))) {
      for (int i = 0; i < 50; i++) {
        assertThat(submit(scheduler, i).answer()).containsExactly(i);
      }
      assertThat(other.ranOn().subList(other.ranOn().size() - 50, other.ranOn().size()))
          .allMatch(thread -> thread.getName().startsWith("worker-"));
    }
  }

  @Test
  void leavesToTheWorkerWhatHasToWaitForCompany() throws Exception {
    var patient =
        new SchedulerSettings(
            4, List.of(), Duration.ofMillis(5), 100, 10, 10, Duration.ofSeconds(10));
    try (var scheduler = start(patient, InstanceRepair.NONE)) {
      var caller = submit(scheduler, 4);
      assertThat(caller.answer()).containsExactly(4);
      assertThat(model.ranOn().getLast().getName()).startsWith("worker-");
    }
  }

  @Test
  void letsTheWorkerRepairWhatBrokeInPlace() throws Exception {
    var successor = EchoModel.ofValues();
    var repairedOn = new ArrayList<String>();
    InstanceRepair repair =
        (broken, _) -> {
          repairedOn.add(Thread.currentThread().getName());
          broken.close();
          return Optional.of(successor);
        };
    try (var scheduler = start(SchedulerSettings.defaults(), repair)) {
      awaitRunInPlace(scheduler);
      assertThat(submit(scheduler, EchoModel.MEMORY).failure())
          .isInstanceOf(InferenceFailure.Overloaded.class);
      assertThat(model.ranOn().getLast().getName()).isEqualTo("loop");
      assertThat(submit(scheduler, 4).answer()).containsExactly(4);
    }
    assertThat(repairedOn).singleElement().asString().startsWith("worker-");
    assertThat(successor.closed()).isTrue();
  }

  @Test
  void losesTheInstanceThatBrokeInPlaceAndCannotBeReplaced() throws Exception {
    try (var scheduler = start(SchedulerSettings.defaults(), InstanceRepair.NONE)) {
      awaitRunInPlace(scheduler);
      submit(scheduler, EchoModel.MEMORY).failure();
      assertThat(submit(scheduler, 4).failure()).isInstanceOf(InferenceFailure.NotReady.class);
    }
  }

  @Test
  void answersAllWhileLoopsAndTheWorkerTakeTurns() throws Exception {
    try (var second = Executors.newSingleThreadExecutor();
        var scheduler = start(SchedulerSettings.defaults(), InstanceRepair.NONE)) {
      for (int round = 0; round < 1_000; round++) {
        var callers = new ArrayList<Caller>();
        for (int i = 0; i < 20; i++) {
          var home = i % 3 == 0 ? second : loop;
          var caller = i % 7 == 0 ? Caller.direct() : new Caller(home);
          callers.add(caller);
          var request = request(i, caller);
          home.execute(() -> scheduler.submit(request));
        }
        for (int i = 0; i < callers.size(); i++) {
          assertThat(callers.get(i).answer()).containsExactly(i);
          assertThat(callers.get(i).outcomeCount()).isOne();
        }
      }
    }
    assertThat(model.held()).isZero();
    assertThat(model.closed()).isTrue();
    assertThat(model.ranOn())
        .extracting(Thread::getName)
        .anyMatch("loop"::equals)
        .anyMatch(name -> name.startsWith("worker-"));
  }

  private ModelScheduler start(SchedulerSettings settings, InstanceRepair repair) {
    return warm(model, settings, context(repair));
  }

  private static ModelScheduler warm(
      EchoModel model, SchedulerSettings settings, SchedulerContext context) {
    return ModelScheduler.startWarm(
        List.of(model), settings, context, Duration.ofSeconds(10), Runnable::run);
  }

  private static SchedulerContext context(InstanceRepair repair) {
    var meters = new ServingMeters(new SimpleMeterRegistry(), NanoClock.SYSTEM).open("echo", "1");
    return new SchedulerContext(meters, NanoClock.SYSTEM, DeviceShares.UNSHARED, repair);
  }

  private Caller submit(ModelScheduler scheduler, float value) {
    var caller = new Caller(loop);
    var request = request(value, caller);
    loop.execute(() -> scheduler.submit(request));
    return caller;
  }

  private static ScheduledRequest request(float value, Outcome outcome) {
    return new ScheduledRequest(
        List.of(Tensors.row("x", value)), 1, List.of(), Long.MAX_VALUE, 0, outcome);
  }

  /** From then on the worker sleeps, until something is left to it. */
  private void awaitRunInPlace(ModelScheduler scheduler) {
    await()
        .until(
            () -> {
              submit(scheduler, 1).answer();
              return model.ranOn().getLast().getName().equals("loop");
            });
  }
}
