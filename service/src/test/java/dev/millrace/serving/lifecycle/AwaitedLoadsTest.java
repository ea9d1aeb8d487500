package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Loads that requests wait for, beside loads that nobody waits for. */
@Timeout(60)
class AwaitedLoadsTest {
  private static final int TWO_MODELS = 2;

  private final FakeDevices devices = new FakeDevices(1L << 40);
  private final FakeEngine engine =
      new FakeEngine(
          devices,
          new PlacementLimits(0, 1, TWO_MODELS, 10, FakeEngine.LIMIT),
          ModelSettings.defaults());

  @AfterEach
  void stop() {
    engine.close();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void doNotRunAtTheLowestPriority() {
    engine.catalog().firstRoundOver();
    serve("a");
    assertThat(engine.runtime().lastNiceness()).isEqualTo(19);
    serve("b");
    serve("c");
    assertAnswers("a");
    assertThat(engine.runtime().lastNiceness()).isEqualTo(5);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void yieldToNobodyBeforeTheServerIsReady() {
    serve("a");
    assertThat(engine.runtime().lastNiceness()).isZero();
  }

  @Test
  void doNotStandInLineBehindALoadThatHangs() {
    engine.runtime().takes(1_000);
    serve("a");
    serve("b");
    serve("c");
    var gate = engine.runtime().closeGate();
    var hanging = CompletableFuture.runAsync(() -> serve("d"), Thread::startVirtualThread);
    FakeEngine.await(() -> engine.runtime().atGate() == 1);
    engine.runtime().openGate();
    assertAnswers("a");
    gate.countDown();
    hanging.join();
    // What came meanwhile is not counted to the one that was measured.
    assertThat(engine.metered("millrace_device_model_memory_bytes", "device", "cpu"))
        .isEqualTo(2_000);
  }

  private void serve(String model) {
    engine.rollout().serve(candidate(model, "1", "2"));
  }

  private void assertAnswers(String model) {
    try (var answer = engine.inference().inferAndWait(request(model, 1, 2), FakeEngine.LIMIT)) {
      assertThat(answer.outputs().getFirst().data().getFloat(4)).isEqualTo(4);
    }
  }
}
