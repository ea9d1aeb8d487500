package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fixture.OnnxGraph.integerAttribute;
import static dev.millrace.serving.fixture.OnnxGraph.integersAttribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.millrace.protocol.packaging.GoldenExample;
import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.protocol.packaging.TensorValue;
import dev.millrace.serving.device.Device;
import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.fixture.OnnxGraph;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.runtime.DeviceMemoryException;
import dev.millrace.serving.runtime.ModelRuntimes;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.runtime.onnx.OnnxRuntime;
import dev.millrace.serving.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
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
    try (var engine = new FakeEngine(ModelRuntimes.installed()::forFile)) {
      engine
          .rollout()
          .serve(
              new Candidate(
                  "mixing",
                  "1",
                  "mixing",
                  () ->
                      new ServablePackage(
                          folder.resolve("model.onnx"),
                          List.of(),
                          null,
                          GoldenExamples.NONE,
                          List.of())));
      assertThat(engine.catalog().describe("mixing", null).maxBatchRows()).isZero();
      var request =
          new InferenceRequest(
              "mixing",
              null,
              List.of(Tensors.floats("x", Shape.of(1, 4), 1, 2, 3, 4)),
              List.of(),
              Long.MAX_VALUE,
              0);
      try (var answer = engine.inference().inferAndWait(request, FakeEngine.LIMIT)) {
        assertThat(Tensors.floats(answer.outputs().getFirst())).containsOnly(1);
      }
    }
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
