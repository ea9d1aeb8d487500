package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.runtime.onnx.OnnxRuntime;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxSchedulingTest {
  /** Waits so long for company that what a test submits together shares a run. */
  private static final SchedulerSettings PATIENT =
      new SchedulerSettings(
          4, List.of(), Duration.ofMillis(100), 100, 2, 2, Duration.ofSeconds(10));

  @TempDir Path folder;

  private final ModelMeters meters =
      new ServingMeters(new SimpleMeterRegistry(), NanoClock.SYSTEM).open("onnx", "1");

  @Test
  void answersTheOutputsAskedForInTheirOrder() throws Exception {
    try (var scheduler = start(FixtureModels.twoOutputs(folder))) {
      var all = submit(scheduler, List.of(), Tensors.row("x", 1, 2, 3, 4));
      var total = submit(scheduler, List.of(1), Tensors.row("x", 5, 6, 7, 8));
      var swapped = submit(scheduler, List.of(1, 0), Tensors.row("x", 1, 1, 1, 1));
      assertThat(names(all)).containsExactly("doubled", "total");
      assertThat(names(total)).containsExactly("total");
      assertThat(Tensors.floats(total.result().outputs().getFirst())).containsExactly(26);
      assertThat(names(swapped)).containsExactly("total", "doubled");
      assertThat(total.result().timings().batchRows()).isGreaterThan(1);
    }
  }

  @Test
  void batchesAndSplitsText() throws Exception {
    try (var scheduler = start(FixtureModels.texts(folder))) {
      var first = submit(scheduler, List.of(), Tensors.texts("x", Shape.of(2, 1), "", "mill"));
      var second = submit(scheduler, List.of(), Tensors.texts("x", Shape.of(1, 1), "水車😀"));
      var many =
          submit(
              scheduler,
              List.of(),
              Tensors.texts("x", Shape.of(6, 1), "a", "bb", "ccc", "", "eeeee", "f"));
      assertThat(Tensors.texts(first.result().outputs().getFirst())).containsExactly("", "mill");
      assertThat(Tensors.texts(second.result().outputs().getFirst())).containsExactly("水車😀");
      assertThat(Tensors.texts(many.result().outputs().getFirst()))
          .containsExactly("a", "bb", "ccc", "", "eeeee", "f");
      assertThat(many.result().outputs().getFirst().shape()).isEqualTo(Shape.of(6, 1));
    }
  }

  @Test
  void stopsBatchingWhenOutputsDoNotHaveTheRowsOfTheInputs() throws Exception {
    try (var scheduler = start(FixtureModels.nonZero(folder))) {
      var first = submit(scheduler, List.of(), Tensors.row("x", 0, 1, 0, 2));
      var second = submit(scheduler, List.of(), Tensors.row("x", 3, 0, 0, 0));
      assertThat(Tensors.longs(first.result().outputs().getFirst())).containsExactly(0, 1, 0, 3);
      assertThat(Tensors.longs(second.result().outputs().getFirst())).containsExactly(0, 0);
      var large = Tensors.floats("x", Shape.of(8, 4), new float[32]);
      var whole = submit(scheduler, List.of(), large);
      assertThat(whole.result().outputs().getFirst().shape()).isEqualTo(Shape.of(0, 2));
    }
  }

  @Test
  void failsOnlyTheCallerWhoseValueTheModelRefuses() throws Exception {
    try (var scheduler = start(FixtureModels.lookup(folder))) {
      var good = submit(scheduler, List.of(), Tensors.longs("index", Shape.of(1, 1), 3));
      var bad = submit(scheduler, List.of(), Tensors.longs("index", Shape.of(1, 1), 99));
      var same = submit(scheduler, List.of(), Tensors.longs("index", Shape.of(1, 1), 3));
      assertThat(bad.failure()).isInstanceOf(InferenceFailure.Invalid.class);
      assertThat(bad.failure().message())
          .contains("cannot take the values of this request")
          .contains("out of data bounds");
      assertThat(Tensors.floats(good.result().outputs().getFirst()))
          .hasSize(4)
          .isEqualTo(Tensors.floats(same.result().outputs().getFirst()));
    }
  }

  @Test
  void runsWhatIsNotBatchable() throws Exception {
    try (var scheduler = start(FixtureModels.fixedShape(folder))) {
      for (float value = 0; value < 3; value++) {
        var input = Tensors.floats("x", Shape.of(2, 3), value, 2, 3, 4, 5, 6);
        var caller = submit(scheduler, List.of(), input);
        assertThat(Tensors.floats(caller.result().outputs().getFirst()))
            .containsExactly(value, 2, 3, 4, 5, 6);
      }
    }
  }

  @Test
  void addsTheRowsOfTwoInputsInBatchesOfEverySize() throws Exception {
    try (var scheduler = start(FixtureModels.addition(folder))) {
      for (int size = 1; size <= 5; size++) {
        var holders = new ArrayList<Holder>();
        for (int i = 0; i < size; i++) {
          var a = Tensors.integers("a", Shape.of(1, 3), i, 2 * i, 3 * i);
          holders.add(
              submit(
                  scheduler, List.of(), a, Tensors.integers("b", Shape.of(1, 3), 100, 200, 300)));
        }
        for (int i = 0; i < size; i++) {
          assertThat(Tensors.integers(holders.get(i).result().outputs().getFirst()))
              .containsExactly(100 + i, 200 + 2 * i, 300 + 3 * i);
        }
      }
    }
  }

  @Test
  void runsALargeRequestOnItsOwnMemory() throws Exception {
    try (var scheduler = start(FixtureModels.slow(folder, 1))) {
      var values = new float[80 * 256];
      var whole = submit(scheduler, List.of(), Tensors.floats("x", Shape.of(80, 256), values));
      assertThat(whole.result().outputs().getFirst().shape()).isEqualTo(Shape.of(80, 256));
    }
  }

  @Test
  void answersAPaddedBatchAsItAnswersEachAlone() throws Exception {
    var padded =
        PATIENT.withPadding(
            new PaddingSettings(
                Map.of("input_ids", 0.0, "attention_mask", 0.0), List.of("token_embeddings")));
    var file = FixtureModels.maskedMean(folder);
    try (var together = start(file, padded);
        var apart = start(file, PATIENT.withoutBatching())) {
      var shared = new ArrayList<Holder>();
      for (int tokens = 3; tokens <= 5; tokens++) {
        shared.add(submit(together, List.of(), sentence(tokens)));
      }
      for (int i = 0; i < shared.size(); i++) {
        var alone = submit(apart, List.of(), sentence(3 + i)).result();
        var answer = shared.get(i).result();
        assertThat(answer.timings().batchRows()).isEqualTo(3);
        assertThat(answer.outputs()).isEqualTo(alone.outputs());
        assertThat(answer.outputs().getFirst().shape()).isEqualTo(Shape.of(1, 3 + i, 4));
      }
    }
  }

  @Test
  void stopsPaddingForAnOutputThatIsNotAsLongAsTheInput() throws Exception {
    var padded = PATIENT.withPadding(new PaddingSettings(Map.of("x", 0.0), List.of("y")));
    try (var scheduler = start(FixtureModels.longer(folder), padded)) {
      for (int round = 0; round < 2; round++) {
        var first = submit(scheduler, List.of(), Tensors.row("x", 1));
        var second = submit(scheduler, List.of(), Tensors.row("x", 2, 3));
        assertThat(Tensors.floats(first.result().outputs().getFirst())).containsExactly(1, 1);
        assertThat(Tensors.floats(second.result().outputs().getFirst()))
            .containsExactly(2, 3, 2, 3);
        assertThat(first.result().timings().batchRows()).isEqualTo(1);
      }
    }
  }

  @Test
  void failsTheLoadOfAModelThatCannotBePadded() {
    var model = EchoModel.free();
    var padded = PATIENT.withPadding(new PaddingSettings(Map.of("ids", 0.0), List.of()));
    assertThatThrownBy(() -> start(model, padded))
        .isInstanceOf(ModelLoadException.class)
        .hasMessage("padding names the input 'ids'; the model has [x]. Name one of them.");
    assertThat(model.closed()).isTrue();
  }

  private static Tensor[] sentence(int tokens) {
    var ids = LongStream.range(1, tokens + 1).toArray();
    var mask = LongStream.range(0, tokens).map(i -> i == 1 ? 0 : 1).toArray();
    return new Tensor[] {
      Tensors.longs("input_ids", Shape.of(1, tokens), ids),
      Tensors.longs("attention_mask", Shape.of(1, tokens), mask)
    };
  }

  private ModelScheduler start(Path file) {
    return start(file, PATIENT);
  }

  private ModelScheduler start(Path file, SchedulerSettings settings) {
    return start(new OnnxRuntime().open(file, Device.cpu(), RuntimeSettings.defaults()), settings);
  }

  private ModelScheduler start(ExecutableModel model, SchedulerSettings settings) {
    return ModelScheduler.startWarm(
        List.of(model),
        settings,
        SchedulerContext.alone(meters, NanoClock.SYSTEM),
        Duration.ofSeconds(10),
        Runnable::run);
  }

  private static Holder submit(ModelScheduler scheduler, List<Integer> outputs, Tensor... inputs) {
    var holder = new Holder(new CompletableFuture<>(), new CompletableFuture<>());
    int rows = (int) inputs[0].shape().dimension(0);
    scheduler.submit(
        new ScheduledRequest(List.of(inputs), rows, outputs, Long.MAX_VALUE, 0, holder));
    return holder;
  }

  private static List<String> names(Holder holder) throws Exception {
    return holder.result().outputs().stream().map(Tensor::name).toList();
  }

  /** Holds its answer open. */
  private record Holder(
      CompletableFuture<BatchResult> answer, CompletableFuture<InferenceFailure> refusal)
      implements Outcome {
    BatchResult result() throws Exception {
      return answer.get(10, TimeUnit.SECONDS);
    }

    InferenceFailure failure() throws Exception {
      return refusal.get(10, TimeUnit.SECONDS);
    }

    @Override
    public Executor home() {
      return Runnable::run;
    }

    @Override
    public void completed(BatchResult result) {
      answer.complete(result);
    }

    @Override
    public void failed(InferenceFailure failure) {
      refusal.complete(failure);
      answer.completeExceptionally(new AssertionError(failure.message()));
    }

    @Override
    public boolean cancelled() {
      return false;
    }
  }
}
