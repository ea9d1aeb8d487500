package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeDevices.gpu;
import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.packaging.GoldenExample;
import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.protocol.packaging.TensorValue;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.fake.FakeModel;
import dev.millrace.serving.lifecycle.InstanceGroup.Kind;
import dev.millrace.serving.lifecycle.PlacementSettings.Fallback;
import dev.millrace.serving.lifecycle.PlacementSettings.Residence;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What runs beside the workers takes turns with them on a GPU. */
@Timeout(60)
class SharedGpuTest {
  private static final int LOADS = 25;

  private final FakeEngine engine =
      new FakeEngine(
          new FakeDevices(1L << 40).withGpu(0, 1L << 30),
          new PlacementLimits(0, 1, 0, 10, Duration.ofMillis(20)),
          onGpusOnly());

  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicInteger answers = new AtomicInteger();

  @Test
  void replaysChecksAndRepairsTakeTurnsWithModelsThatServe() {
    engine.rollout().serve(candidate("busy", "1", "1"));
    engine.rollout().serve(candidate("breaking", "1", "1"));
    var busy = asking("busy");
    var breaking = asking("breaking");
    for (int i = 1; i <= LOADS; i++) {
      engine.rollout().serve(candidate("loading", String.valueOf(i), "2", golden()));
      engine.runtime().opened().stream()
          .filter(model -> !model.closed())
          .skip(1)
          .findFirst()
          .ifPresent(FakeModel::runOutOfMemory);
    }
    over.set(true);
    CompletableFuture.allOf(busy, breaking).join();
    engine.close();
    assertThat(answers).hasPositiveValue();
    assertThat(engine.metered("millrace_instance_repair", "result", "replaced")).isPositive();
    assertThat(engine.runtime().mostRunning(gpu(0))).isEqualTo(1);
  }

  private CompletableFuture<Void> asking(String model) {
    return CompletableFuture.runAsync(
        () -> {
          while (!over.get()) {
            ask(model);
          }
        },
        Thread::startVirtualThread);
  }

  private void ask(String model) {
    try (var _ = engine.inference().inferAndWait(request(model, 1, 2), FakeEngine.LIMIT)) {
      answers.incrementAndGet();
    } catch (InferenceException _) {
      // Its device had no memory for it.
    }
  }

  private static GoldenExamples golden() {
    var input = new TensorValue("x", "FP32", List.of(1L, 2L), new double[] {1, 2});
    var output = new TensorValue("y", "FP32", List.of(1L, 2L), new double[] {2, 4});
    var example = new GoldenExample(List.of(input), List.of(output));
    return new GoldenExamples(1e-4, List.of(example, example, example));
  }

  private static ModelSettings onGpusOnly() {
    var defaults = ModelSettings.defaults();
    return new ModelSettings(
        new PlacementSettings(
            List.of(new InstanceGroup(1, Kind.GPU, List.of())),
            Fallback.FORBIDDEN,
            Residence.ON_DEMAND),
        defaults.runtime(),
        defaults.scheduling(),
        defaults.cacheBytes(),
        defaults.weight(),
        defaults.consistencyTolerance());
  }
}
