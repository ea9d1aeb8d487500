package dev.millrace.serving.runtime.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.millrace.serving.device.Device;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.fixture.OnnxGraph;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RefusedModelTest {
  @TempDir Path root;

  private Path folder = Path.of("");

  @BeforeEach
  void makeFolder() throws IOException {
    folder = Files.createDirectory(root.resolve("model"));
  }

  @Test
  void aFileThatIsMissing() {
    assertRefused(folder.resolve("model.onnx"), "There is no model file '");
  }

  @Test
  void aPickleThatIsCalledOnnx() throws IOException {
    var file = Files.write(folder.resolve("model.onnx"), new byte[] {(byte) 0x80, 4, 1});
    assertRefused(file, "'model.onnx' is a Python pickle");
  }

  @Test
  void aFileThatIsNoProtobuf() throws IOException {
    var file = Files.writeString(folder.resolve("model.onnx"), "this is not a model");
    assertRefused(file, "'model.onnx' is not an ONNX model: ");
  }

  @Test
  void aTruncatedModel() throws IOException {
    var bytes = Files.readAllBytes(FixtureModels.convolution(folder));
    var file = Files.write(folder.resolve("model.onnx"), Arrays.copyOf(bytes, 9_000));
    assertRefused(file, "'model.onnx' is not an ONNX model: ");
  }

  @Test
  void anOperatorThatOnnxRuntimeDoesNotHave() {
    var type = TensorProto.DataType.FLOAT;
    var file =
        new OnnxGraph()
            .input("x", type, -1, 4)
            .output("y", type, -1, 4)
            .node("NoSuchOperator", List.of("x"), "y")
            .write(folder.resolve("model.onnx"));
    assertRefused(file, "ONNX Runtime cannot open 'model.onnx': ");
  }

  @Test
  void aSequenceOfMapsAsClassifiersOfScikitLearnReturnThem() throws IOException {
    assertRefused(
        zipMap(),
        "Output 'y' is not a tensor but a sequence or a map. Export the model so that it has"
            + " tensors only; with skl2onnx pass options={'zipmap': False}.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../secret.bin", "/etc/hostname", "a/../../secret.bin", "..\\secret.bin"})
  void weightsOutsideTheModelsFolder(String location) throws IOException {
    Files.write(root.resolve("secret.bin"), new byte[16]);
    assertRefused(
        withExternalWeights(location),
        "The model keeps weights in '"
            + location
            + "', outside its own folder. Save the model with its weights beside it.");
  }

  @Test
  void weightsBehindALinkThatLeavesTheFolder() throws IOException {
    var secret = Files.write(root.resolve("secret.bin"), new byte[16]);
    Files.createSymbolicLink(folder.resolve("weights.bin"), secret);
    assertRefused(
        withExternalWeights("weights.bin"),
        "The model keeps weights in 'weights.bin', outside its own folder.");
  }

  @Test
  void weightsThatAreMissing() throws IOException {
    assertRefused(
        withExternalWeights("weights.bin"),
        "The model keeps weights in 'weights.bin', which is missing. Copy that file beside the"
            + " model too.");
  }

  @Test
  void butNotWeightsBesideTheModel() throws IOException {
    var weights = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    weights.asFloatBuffer().put(new float[] {10, 20, 30, 40});
    Files.write(folder.resolve("weights.bin"), weights.array());
    try (var model = open(withExternalWeights("weights.bin"));
        var batch = model.bind(List.of(Tensors.row("x", 1, 2, 3, 4)));
        var outputs = batch.run()) {
      assertThat(outputs.tensors().getFirst().shape()).isEqualTo(Shape.of(1, 4));
      assertThat(Tensors.floats(outputs.tensors().getFirst())).containsExactly(11, 22, 33, 44);
    }
  }

  @Test
  void externalWeightsAreFoundInSubgraphs() throws IOException {
    var inner = GraphProto.newBuilder().addInitializer(external("../deep.bin")).build();
    var node =
        NodeProto.newBuilder().addAttribute(AttributeProto.newBuilder().setName("g").setG(inner));
    var model = ModelProto.newBuilder().setGraph(GraphProto.newBuilder().addNode(node)).build();
    var file = Files.write(folder.resolve("model.onnx"), model.toByteArray());
    assertThat(ExternalData.locations(file)).containsExactly("../deep.bin");
  }

  private Path withExternalWeights(String location) {
    var type = TensorProto.DataType.FLOAT;
    return new OnnxGraph()
        .input("x", type, -1, 4)
        .output("y", type, -1, 4)
        .constant(external(location))
        .node("Add", List.of("x", "w"), "y")
        .write(folder.resolve("model.onnx"));
  }

  private static TensorProto external(String location) {
    return TensorProto.newBuilder()
        .setName("w")
        .setDataType(TensorProto.DataType.FLOAT.getNumber())
        .addDims(4)
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(StringStringEntryProto.newBuilder().setKey("location").setValue(location))
        .build();
  }

  private Path zipMap() throws IOException {
    var type = TensorProto.DataType.FLOAT;
    var graph =
        new OnnxGraph()
            .input("x", type, -1, 2)
            .node(
                "ZipMap",
                List.of("x"),
                "y",
                OnnxGraph.integersAttribute("classlabels_int64s", 0, 1));
    var model = ModelProto.parseFrom(graph.bytes()).toBuilder();
    var value = TypeProto.newBuilder();
    value.getMapTypeBuilder().setKeyType(TensorProto.DataType.INT64.getNumber());
    value
        .getMapTypeBuilder()
        .setValueType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type.getNumber())));
    var sequence =
        TypeProto.newBuilder().setSequenceType(TypeProto.Sequence.newBuilder().setElemType(value));
    model.getGraphBuilder().addOutput(ValueInfoProto.newBuilder().setName("y").setType(sequence));
    model.getGraphBuilder().getNodeBuilder(0).setDomain("ai.onnx.ml");
    return Files.write(folder.resolve("model.onnx"), model.build().toByteArray());
  }

  private static ExecutableModel open(Path file) {
    return new OnnxRuntime().open(file, Device.cpu(), RuntimeSettings.defaults());
  }

  private static void assertRefused(Path file, String message) {
    assertThatExceptionOfType(ModelLoadException.class)
        .isThrownBy(() -> open(file))
        .withMessageStartingWith(message)
        .withMessageNotContaining("junit");
  }
}
