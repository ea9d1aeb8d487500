package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fixture.OnnxGraph.integerAttribute;
import static dev.millrace.serving.fixture.OnnxGraph.integersAttribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.millrace.protocol.packaging.GoldenExample;
import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.protocol.packaging.TensorValue;
import dev.millrace.serving.device.Device;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.CapturedLog;
import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.fixture.OnnxGraph;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.inference.InferenceReply;
import dev.millrace.serving.runtime.DeviceMemoryException;
import dev.millrace.serving.runtime.ModelRuntimes;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.runtime.onnx.OnnxRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchConsistencyTest {
  private static final double TOLERANCE = 1e-3;

  @TempDir Path folder;

  @Test
  void letsModelsBatchWhoseRowsStandAlone() {
    assertThat(objection(FixtureModels.convolution(folder))).isEmpty();
    assertThat(objection(FixtureModels.slow(folder, 3))).isEmpty();
    assertThat(objection(FixtureModels.twoOutputs(folder))).isEmpty();
    assertThat(objection(FixtureModels.addition(folder))).isEmpty();
    assertThat(objection(FixtureModels.texts(folder))).isEmpty();
    assertThat(objection(FixtureModels.anyLength(folder))).isEmpty();
  }

  @Test
  void findsASoftmaxOverTheRows() {
    var model = mixing(new OnnxGraph(), "Softmax", integerAttribute("axis", 0));
    assertThat(objection(model).orElseThrow())
        .startsWith("row 0 of a batch, output 'y' element ")
        .contains(" is 1.0 alone and 0.")
        .endsWith(" in a batch; the tolerance is 0.001");
  }

  @Test
  void findsAMeanOverTheBatch() {
    var model =
        new OnnxGraph()
            .input("x", DataType.FLOAT, -1, 4)
            .output("y", DataType.FLOAT, -1, 4)
            .node("ReduceMean", List.of("x"), "mean", integersAttribute("axes", 0))
            .node("Sub", List.of("x", "mean"), "y")
            .write(folder.resolve("model.onnx"));
    assertThat(objection(model)).isPresent();
  }

  @Test
  void findsRowsThatCannotRunTogether() {
    var model =
        new OnnxGraph()
            .input("x", DataType.FLOAT, -1, 4)
            .output("y", DataType.FLOAT, -1, 4)
            .integers("one", 1, 2, 2)
            .node("Reshape", List.of("x", "one"), "square")
            .node("Tanh", List.of("square"), "bent")
            .node("Shape", List.of("x"), "rows")
            .node("Reshape", List.of("bent", "rows"), "y")
            .write(folder.resolve("model.onnx"));
    assertThat(objection(model).orElseThrow())
        .startsWith("4 rows cannot run together, though each runs alone: ");
  }

  @Test
  void toleratesWhatTheOperatorSays() {
    var model = mixing(new OnnxGraph(), "Softmax", integerAttribute("axis", 0));
    assertThat(objection(model, 1, GoldenExamples.NONE)).isEmpty();
    assertThat(objection(model, -1, GoldenExamples.NONE)).isEmpty();
  }

  @Test
  void keepsIndexesWithinTheSmallestTables() {
    assertThat(objection(FixtureModels.lookup(folder))).isEmpty();
    assertThat(objection(table(2, "Identity"))).isEmpty();
    assertThat(objection(table(2, "Softmax", integerAttribute("axis", 0)))).isPresent();
  }

  @Test
  void objectsToNothingWhereNoSampleIsTaken() {
    assertThat(objection(table(1, "Softmax", integerAttribute("axis", 0)))).isEmpty();
  }

  @Test
  void leavesModelsAloneThatAnswerTheSameRowDifferently() {
    var model = mixing(new OnnxGraph(), "RandomNormalLike");
    assertThat(objection(model)).isEmpty();
  }

  @Test
  void countsNoNumberAsEqualToNoNumber() {
    var model = mixing(new OnnxGraph(), "Log");
    assertThat(objection(model)).isEmpty();
  }

  @Test
  void runsWhatTheTrainerRecordedFirst() {
    // Random rows would not show it: only values beyond 5 are mixed.
    var model =
        new OnnxGraph()
            .input("x", DataType.FLOAT, -1, 4)
            .output("y", DataType.FLOAT, -1, 4)
            .constant(
                TensorProto.newBuilder()
                    .setName("five")
                    .setDataType(DataType.FLOAT.getNumber())
                    .addFloatData(5)
                    .build())
            .node("Sub", List.of("x", "five"), "above")
            .node("Relu", List.of("above"), "beyond")
            .node("ReduceSum", List.of("beyond"), "sum")
            .node("Add", List.of("x", "sum"), "y")
            .write(folder.resolve("model.onnx"));
    assertThat(objection(model)).isEmpty();
    assertThat(objection(model, TOLERANCE, recorded(1, 9))).isPresent();
  }

  @Test
  void doesNotTakeMissingMemoryForARefusal() throws IOException {
    var file = Files.writeString(folder.resolve("fake"), "2");
    try (var engine = new FakeEngine()) {
      var model = engine.runtime().open(file, FakeDevices.CPU, RuntimeSettings.defaults());
      engine.runtime().opened().getLast().runOutOfMemory();
      assertThatThrownBy(
              () -> new BatchConsistency(model, TOLERANCE).objection(64, GoldenExamples.NONE))
          .isInstanceOf(DeviceMemoryException.class);
    }
  }

  @Test
  void switchesBatchingOffForTheLoadedModel() {
    mixing(new OnnxGraph(), "Softmax", integerAttribute("axis", 0));
    try (var log = new CapturedLog(BatchConsistency.class);
        var engine = new FakeEngine(ModelRuntimes.installed()::forFile)) {
      engine.rollout().serve(mixing());
      assertThat(log.lines())
          .singleElement(STRING)
          .startsWith(
              "WARN Batching is off, rows of a batch influence each other: model=mixing version=1 found=row 0 of a batch, output 'y' element ")
          .endsWith("or raise consistency-tolerance.");
      assertThat(engine.catalog().describe("mixing", null).maxBatchRows()).isZero();
      // Together in a run each would be a sixteenth.
      assertThat(answersTogether(engine)).hasSize(16 * 4).containsOnly(1f);
      assertThat(runs(engine)).isEqualTo(1 + 16);
    }
  }

  private static double runs(FakeEngine engine) {
    return engine.meteredOf("nv_inference_exec_count", "mixing", "1");
  }

  /** Sixteen rows of as many callers, which all wait while another one is told of its answer. */
  private static List<Float> answersTogether(FakeEngine engine) {
    var allAsked = new CountDownLatch(1);
    var first = new Reply(allAsked);
    Thread.startVirtualThread(() -> ask(engine, first));
    first.told.join();
    var replies = IntStream.range(0, 16).mapToObj(_ -> new Reply(new CountDownLatch(0))).toList();
    replies.forEach(reply -> ask(engine, reply));
    assertThat(runs(engine)).isEqualTo(1);
    allAsked.countDown();
    return replies.stream().map(reply -> reply.told.join()).flatMap(List::stream).toList();
  }

  private static void ask(FakeEngine engine, Reply reply) {
    var row = Tensors.row("x", 1, 2, 3, 4);
    engine.inference().infer(FakeEngine.request("mixing", null, List.of(row)), reply);
  }

  /** Is told on the worker, and holds it until the latch opens. */
  private static final class Reply implements InferenceReply {
    private final CompletableFuture<List<Float>> told = new CompletableFuture<>();
    private final CountDownLatch held;

    Reply(CountDownLatch held) {
      this.held = held;
    }

    @Override
    public Executor home() {
      return Runnable::run;
    }

    @Override
    public void answered(InferenceAnswer answer) {
      try (answer) {
        told.complete(list(Tensors.floats(answer.outputs().getFirst())));
        assertThat(held.await(20, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    private static List<Float> list(float[] values) {
      var list = new ArrayList<Float>();
      for (float value : values) {
        list.add(value);
      }
      return list;
    }

    @Override
    public void failed(InferenceFailure failure) {
      told.completeExceptionally(new InferenceException(failure));
    }
  }

  private Candidate mixing() {
    return new Candidate(
        "mixing",
        "1",
        "mixing",
        () ->
            new ServablePackage(
                folder.resolve("model.onnx"), List.of(), null, GoldenExamples.NONE, List.of()));
  }

  private Optional<String> objection(Path model) {
    return objection(model, TOLERANCE, GoldenExamples.NONE);
  }

  private static Optional<String> objection(Path file, double tolerance, GoldenExamples golden) {
    try (var model = new OnnxRuntime().open(file, Device.cpu(), RuntimeSettings.defaults())) {
      return new BatchConsistency(model, tolerance).objection(64, golden);
    }
  }

  /** x FP32 [-1,4] to y of the same shape through one operator. */
  private Path mixing(OnnxGraph graph, String operator, AttributeProto... attributes) {
    return graph
        .input("x", DataType.FLOAT, -1, 4)
        .output("y", DataType.FLOAT, -1, 4)
        .node(operator, List.of("x"), "y", attributes)
        .write(folder.resolve("model.onnx"));
  }

  /** index INT64 [-1] to a row of a table with so many rows, through one more operator. */
  private Path table(int rows, String operator, AttributeProto... attributes) {
    return new OnnxGraph()
        .input("index", DataType.INT64, -1)
        .output("y", DataType.FLOAT, -1, 4)
        .weights("table", new SplittableRandom(3), 1, rows, 4)
        .node("Gather", List.of("table", "index"), "row")
        .node(operator, List.of("row"), "y", attributes)
        .write(folder.resolve("model.onnx"));
  }

  private static GoldenExamples recorded(double... firsts) {
    var examples =
        Arrays.stream(firsts)
            .mapToObj(first -> new double[] {first, 0, 0, 0})
            .map(row -> new TensorValue("x", "FP32", List.of(1L, 4L), row))
            .map(input -> new GoldenExample(List.of(input), List.of()))
            .toList();
    return new GoldenExamples(0, examples);
  }
}
