package dev.millrace.serving.inference;

import static dev.millrace.serving.fake.FakeEngine.await;
import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.lifecycle.ModelSettings;
import dev.millrace.serving.scheduling.SchedulerSettings;
import dev.millrace.serving.scheduling.SchedulerSettings.Order;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Answers leave in the order of the requests, wherever they come from. */
class OrderedInferenceTest {
  private final FakeEngine engine = new FakeEngine(orderedAndCached());
  private final List<String> told = new CopyOnWriteArrayList<>();

  @BeforeEach
  void serve() {
    engine.rollout().serve(candidate("m", "1", "3"));
  }

  @AfterEach
  void stop() {
    engine.close();
    assertThat(engine.catalog().inFlight()).isZero();
  }

  @Test
  void letsNoKnownAnswerOvertakeOneThatIsComputed() {
    engine.inference().inferAndWait(request("m", 1, 0), FakeEngine.LIMIT).close();
    var held = computing();
    infer("known", request("m", 1, 0));
    assertThat(told).isEmpty();
    held.countDown();
    await(() -> told.size() == 2);
    assertThat(told).containsExactly("computed MODEL", "known CACHE");
  }

  @Test
  void letsNoRefusalOvertakeAnAnswer() {
    var held = computing();
    infer("wrong", request("m", null, List.of(FakeEngine.pair("z", 1, 0))));
    assertThat(told).isEmpty();
    held.countDown();
    await(() -> told.size() == 2);
    assertThat(told).containsExactly("computed MODEL", "wrong Invalid");
  }

  /**
   * A request that runs until the latch is counted down; it may run on the thread that sends it.
   */
  private CountDownLatch computing() {
    var model = engine.runtime().opened().getFirst();
    var held = model.holdRuns();
    Thread.ofVirtual().start(() -> infer("computed", request("m", 2, 0)));
    await(() -> model.heldRuns() == 1);
    return held;
  }

  private void infer(String name, InferenceRequest request) {
    engine.inference().infer(request, new Telling(name, told));
  }

  private static ModelSettings orderedAndCached() {
    var defaults = ModelSettings.defaults();
    var scheduling = defaults.scheduling();
    return new ModelSettings(
        defaults.placement(),
        defaults.runtime(),
        new SchedulerSettings(
            scheduling.maxBatchRows(),
            scheduling.preferredBatchRows(),
            scheduling.maxQueueDelay(),
            scheduling.latencyGoal(),
            scheduling.queue(),
            scheduling.padding(),
            Order.SUBMITTED,
            scheduling.closeLimit()),
        1 << 20,
        defaults.weight(),
        defaults.consistencyTolerance());
  }

  private record Telling(String name, List<String> told) implements InferenceReply {
    @Override
    public Executor home() {
      return Runnable::run;
    }

    @Override
    public void answered(InferenceAnswer answer) {
      told.add(name + " " + answer.source());
      answer.close();
    }

    @Override
    public void failed(InferenceFailure failure) {
      told.add(name + " " + failure.getClass().getSimpleName());
    }
  }
}
