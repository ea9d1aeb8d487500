package dev.millrace.serving.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.InferTensorContents;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import dev.millrace.serving.fixture.OnnxGraph;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Models of sequences, laid out as Triton's, over both protocols. */
@Timeout(120)
@TestInstance(Lifecycle.PER_CLASS)
class TritonSequenceIT {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String TENSORS =
      """
      input { name: "INPUT" data_type: TYPE_INT32 dims: [ 1 ] }
      output { name: "OUTPUT" data_type: TYPE_INT32 dims: [ 1 ] }
      """;
  private static final String CONTROLS =
      """
      control_input [
        { name: "START" control [ { kind: CONTROL_SEQUENCE_START fp32_false_true: [ 0, 1 ] } ] },
        { name: "READY" control [ { kind: CONTROL_SEQUENCE_READY int32_false_true: [ 0, 1 ] } ] },
        { name: "END" control [ { kind: CONTROL_SEQUENCE_END bool_false_true: [ false, true ] } ] },
        { name: "CORRID" control [ { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 } ] }
      ]
      """;

  private RunningService service;

  @BeforeAll
  void serve(@TempDir Path temporary) throws Exception {
    var models = new TritonModels(temporary.resolve("models"));
    accumulator(models.version("sums", 1), -1, 1);
    models.config(
        "sums",
        "max_batch_size: 4 "
            + TENSORS
            + "sequence_batching { max_sequence_idle_microseconds: 5000000 "
            + "oldest { max_candidate_sequences: 64 max_queue_delay_microseconds: 2000 } "
            + CONTROLS
            + state("[ 1 ]", "")
            + "} model_warmup { name: \"first\" batch_size: 2 inputs { key: \"INPUT\" value { data_type: TYPE_INT32 dims: 1 zero_data: true } } }");
    accumulator(models.version("unbatched", 1), 1);
    models.config(
        "unbatched",
        TENSORS
            + "sequence_batching { direct { } "
            + CONTROLS
            + state(
                "[ 1 ]",
                "initial_state { name: \"a\" data_type: TYPE_INT32 dims: [ 1 ] data_file: \"thousand\" }")
            + "}");
    Files.createDirectories(models.root().resolve("unbatched/initial_state"));
    Files.write(
        models.root().resolve("unbatched/initial_state/thousand"),
        new byte[] {(byte) 0xE8, 3, 0, 0});
    growing(models.version("joined", 1));
    models.config(
        "joined",
        """
        input { name: "INPUT" data_type: TYPE_STRING dims: [ -1 ] }
        output { name: "OUTPUT" data_type: TYPE_STRING dims: [ -1 ] }
        sequence_batching {
          control_input { name: "ID" control { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_STRING } }
          state { input_name: "BEFORE" output_name: "OUTPUT" data_type: TYPE_STRING dims: [ -1 ] }
        }
        """);
    service = RunningService.serving(models.root(), temporary.resolve("home"));
  }

  @AfterAll
  void stop() {
    service.close();
  }

  /** The sum of the inputs since the start, and then what the model was told. */
  private static void accumulator(Path version, long... shape) throws Exception {
    new OnnxGraph()
        .input("INPUT", DataType.INT32, shape)
        .input("STATE", DataType.INT32, shape)
        .input("READY", DataType.INT32, shape)
        .input("START", DataType.FLOAT, shape)
        .input("CORRID", DataType.UINT64, shape)
        .input("END", DataType.BOOL, shape)
        .output("OUTPUT", DataType.INT32, shape)
        .output("STATE_OUT", DataType.INT32, shape)
        .node("Mul", List.of("INPUT", "READY"), "given")
        .node("Add", List.of("given", "STATE"), "STATE_OUT")
        .node("Cast", List.of("CORRID"), "id", type(DataType.INT32))
        .node("Cast", List.of("START"), "start", type(DataType.INT32))
        .node("Cast", List.of("END"), "end", type(DataType.INT32))
        .node("Mul", List.of("id", "start"), "idAtStart")
        .node("Mul", List.of("id", "end"), "idAtEnd")
        .node("Add", List.of("STATE_OUT", "idAtStart"), "withStart")
        .node("Add", List.of("withStart", "idAtEnd"), "OUTPUT")
        .write(version.resolve("model.onnx"));
  }

  private static ai.onnx.proto.OnnxMl.AttributeProto type(DataType type) {
    return OnnxGraph.integerAttribute("to", type.getNumber());
  }

  /** All texts of the sequence, in their order, behind the one empty text that it begins with. */
  private static void growing(Path version) throws Exception {
    new OnnxGraph()
        .input("INPUT", DataType.STRING, -2)
        .input("BEFORE", DataType.STRING, -2)
        .input("ID", DataType.STRING, 1)
        .output("OUTPUT", DataType.STRING, -2)
        .node(
            "Concat",
            List.of("BEFORE", "ID", "INPUT"),
            "OUTPUT",
            OnnxGraph.integerAttribute("axis", 0))
        .write(version.resolve("model.onnx"));
  }

  private static String state(String dims, String initial) {
    return "state { input_name: \"STATE\" output_name: \"STATE_OUT\" data_type: TYPE_INT32 dims: "
        + dims
        + " "
        + initial
        + " } ";
  }

  @Test
  @Conforms(
      to = Protocol.TRITON_CONFIG,
      with = "sequence_batching oldest: control inputs and implicit state")
  void remembersWithinASequence() {
    assertThat(sum("sums", 7, "\"sequence_start\":true", 10)).isEqualTo(10 + 7);
    assertThat(sum("sums", 7, "\"sequence_start\":false", 5)).isEqualTo(15);
    assertThat(sum("sums", 7, "\"sequence_end\":true", 1)).isEqualTo(16 + 7);
    assertThat(error(infer("sums", "7", "\"priority\":0", 1)))
        .startsWith(
            "inference request for sequence 7 to model 'sums' must specify the START flag on the first request of the sequence");
  }

  @Test
  @Conforms(
      to = Protocol.TRITON_CONFIG,
      with = "sequence_batching direct, without rows, and an initial state of a file")
  void beginsWithTheStateOfAFile() {
    assertThat(sum("unbatched", 3, "\"sequence_start\":true", 1)).isEqualTo(1_001 + 3);
    assertThat(sum("unbatched", 3, "\"sequence_end\":true", 1)).isEqualTo(1_002 + 3);
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "sequence with ids that are texts, and a state that grows")
  void remembersTextsUnderATextId() {
    assertThat(texts("\"sequence_start\":true", "a")).containsExactly("", "né", "a");
    assertThat(texts("\"sequence_end\":true", "b", "c"))
        .containsExactly("", "né", "a", "né", "b", "c");
  }

  private List<String> texts(String flag, String... values) {
    var body =
        """
        {"parameters":{"sequence_id":"né",%s},
         "inputs":[{"name":"INPUT","shape":[%d],"datatype":"BYTES","data":%s}]}"""
            .formatted(flag, values.length, JSON.writeValueAsString(values));
    var answer = service.post("/v2/models/joined/infer", BodyPublishers.ofString(body));
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
    var texts = new ArrayList<String>();
    json(answer).at("/outputs/0/data").forEach(value -> texts.add(value.asString()));
    return texts;
  }

  @Test
  void showsClientsNeitherControlsNorStates() {
    var metadata = json(service.get(service.http("/v2/models/sums")));
    assertThat(metadata.path("inputs")).hasSize(1);
    assertThat(metadata.path("outputs")).hasSize(1);
    assertThat(metadata.at("/inputs/0/name").asString()).isEqualTo("INPUT");
    var config = json(service.get(service.http("/v2/models/sums/config")));
    assertThat(config.at("/sequence_batching/control_input")).hasSize(4);
  }

  @Test
  void refusesWhatTritonRefuses() {
    assertThat(error(infer("sums", "0", "\"priority\":0", 1)))
        .contains("must specify a non-zero or non-empty correlation ID");
    assertThat(error(infer("sums", "\"text\"", "\"sequence_start\":true", 1)))
        .contains("Send a number as sequence_id");
    assertThat(error(infer("joined", "\"" + "a".repeat(129) + "\"", "\"sequence_start\":true", 1)))
        .startsWith("string correlation ID cannot be greater than 128 bytes");
    assertThat(error(infer("sums", "-1", "\"sequence_start\":true", 1)))
        .contains("Unable to parse 'sequence_id'");
    assertThat(error(infer("sums", "1", "\"sequence_start\":1", 1)))
        .contains("Unable to parse 'sequence_start'");
    var rows =
        """
        {"parameters":{"sequence_id":1,"sequence_start":true},
         "inputs":[{"name":"INPUT","shape":[2,1],"datatype":"INT32","data":[1,2]}]}""";
    assertThat(error(service.post("/v2/models/sums/infer", BodyPublishers.ofString(rows))))
        .contains("must specify batch-size 1 due to requirements of sequence batcher");
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "sequence over gRPC, ids as int64_param, uint64_param")
  void takesSequencesOverGrpc() {
    assertThat(grpc(InferParameter.newBuilder().setInt64Param(21).build(), true, 4))
        .isEqualTo(4 + 21);
    assertThat(grpc(InferParameter.newBuilder().setUint64Param(21).build(), false, 4)).isEqualTo(8);
    var tooLong = InferParameter.newBuilder().setStringParam("é".repeat(65)).build();
    assertThatThrownBy(() -> grpc(tooLong, true, 4))
        .hasMessageContaining("string correlation ID cannot be greater than 128 bytes");
    assertThatThrownBy(() -> grpc(InferParameter.newBuilder().setInt64Param(22).build(), false, 4))
        .hasMessageContaining("INVALID_ARGUMENT")
        .hasMessageContaining("must specify the START flag");
  }

  private int grpc(InferParameter id, boolean start, int value) {
    var request =
        ModelInferRequest.newBuilder()
            .setModelName("sums")
            .putParameters("sequence_id", id)
            .putParameters(
                "sequence_start", InferParameter.newBuilder().setBoolParam(start).build())
            .addInputs(
                ModelInferRequest.InferInputTensor.newBuilder()
                    .setName("INPUT")
                    .setDatatype("INT32")
                    .addShape(1)
                    .addShape(1)
                    .setContents(InferTensorContents.newBuilder().addIntContents(value)))
            .build();
    return service.grpc().modelInfer(request).getOutputs(0).getContents().getIntContents(0);
  }

  @Test
  void keepsManySequencesApartAndSharesTheirRuns() throws Exception {
    try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      var all = new ArrayList<CompletableFuture<Void>>();
      for (int i = 0; i < 40; i++) {
        int id = 1_000 + i;
        all.add(CompletableFuture.runAsync(() -> playSequence(id), clients));
      }
      CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get();
    }
    var stats = json(service.get(service.http("/v2/models/sums/stats")));
    assertThat(stats.at("/model_stats/0/execution_count").asLong())
        .isLessThan(stats.at("/model_stats/0/inference_count").asLong());
  }

  private void playSequence(int id) {
    int sum = 0;
    for (int i = 0; i < 25; i++) {
      sum += id + i;
      int told = i == 0 || i == 24 ? id : 0;
      var flag = i == 24 ? "\"sequence_end\":true" : "\"sequence_start\":" + (i == 0);
      assertThat(sum("sums", id, flag, id + i)).isEqualTo(sum + told);
    }
  }

  private int sum(String model, int id, String flag, int value) {
    var answer = infer(model, Integer.toString(id), flag, value);
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
    return json(answer).at("/outputs/0/data/0").asInt();
  }

  private HttpResponse<byte[]> infer(String model, String id, String flag, int value) {
    var shape = model.equals("sums") ? "[1,1]" : "[1]";
    var body =
        """
        {"parameters":{"sequence_id":%s,%s},
         "inputs":[{"name":"INPUT","shape":%s,"datatype":"INT32","data":[%d]}]}"""
            .formatted(id, flag, shape, value);
    return service.post("/v2/models/" + model + "/infer", BodyPublishers.ofString(body));
  }

  private static String error(HttpResponse<byte[]> answer) {
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(400);
    return json(answer).path("error").asString();
  }

  private static JsonNode json(HttpResponse<byte[]> answer) {
    return JSON.readTree(answer.body());
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }
}
