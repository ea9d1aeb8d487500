package dev.millrace.serving.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.millrace.protocol.oip.ModelConfigRequest;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.fixture.OnnxGraph;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A repository made for Triton is served as its configurations say. */
@Timeout(120)
@TestInstance(Lifecycle.PER_CLASS)
class TritonRepositoryIT {
  private static final String SIMPLE =
      """
      platform: "onnxruntime_onnx"
      max_batch_size: 8
      input [
        { name: "INPUT0" data_type: TYPE_INT32 dims: [ 16 ] },
        { name: "INPUT1" data_type: TYPE_INT32 dims: [ 16 ] }
      ]
      output [
        { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ 16 ] },
        { name: "OUTPUT1" data_type: TYPE_INT32 dims: [ 16 ] }
      ]
      """;

  private RunningService service;

  @BeforeAll
  void serve(@TempDir Path temporary) throws Exception {
    var models =
        new TritonModels(temporary.resolve("models"))
            .simple(SIMPLE)
            .identity(
                "texts",
                DataType.STRING,
                """
                name: "texts"
                max_batch_size: 4
                input { name: "x" data_type: TYPE_STRING dims: [ 1 ] }
                output { name: "y" data_type: TYPE_STRING dims: [ 1 ] }
                """,
                -1,
                1)
            .identity(
                "any_length",
                DataType.FLOAT,
                """
                max_batch_size: 64
                input { name: "x" data_type: TYPE_FP32 dims: -1 }
                output { name: "y" data_type: TYPE_FP32 dims: -1 }
                instance_group { count: 2 kind: KIND_CPU }
                dynamic_batching { preferred_batch_size: [ 4, 8 ] max_queue_delay_microseconds: 500 }
                optimization { graph { level: 1 } }
                """,
                -1,
                -2)
            .identity(
                "flat",
                DataType.FLOAT,
                """
                max_batch_size: 8
                input { name: "x" data_type: TYPE_FP32 dims: 1 reshape { shape: [] } }
                output { name: "y" data_type: TYPE_FP32 dims: [ 1, 1 ] reshape { shape: [] } }
                """,
                -1)
            .identity(
                "image",
                DataType.FLOAT,
                """
                input { name: "x" data_type: TYPE_FP32 format: FORMAT_NCHW dims: [ 1, 2, 2 ]
                        reshape { shape: [ 1, 4 ] } }
                output { name: "y" data_type: TYPE_FP32 dims: [ 4, 1 ] reshape { shape: [ 1, 4 ] } }
                """,
                1,
                4)
            .joined(
                """
                max_batch_size: 0
                input [ { name: "b" data_type: TYPE_INT64 dims: [ -1 ] },
                        { name: "a" data_type: TYPE_INT64 dims: [ -1 ] } ]
                output { name: "joined" data_type: TYPE_INT64 dims: [ -1 ] }
                """);
    addNamed(models);
    addVersions(models);
    models.identity("plain", DataType.FLOAT, "", -1, 4);
    Files.delete(models.root().resolve("plain/config.pbtxt"));
    service = RunningService.serving(models.root(), temporary.resolve("home"));
  }

  private static void addNamed(TritonModels models) throws Exception {
    FixtureModels.twoOutputs(models.version("named", 1));
    Files.move(
        models.root().resolve("named/1/model.onnx"), models.root().resolve("named/1/network.onnx"));
    Files.createDirectories(models.root().resolve("named/warmup"));
    Files.write(models.root().resolve("named/warmup/row"), new byte[16]);
    models
        .config(
            "named",
            """
            default_model_filename: "network.onnx"
            max_batch_size: 4
            input { name: "x" data_type: TYPE_FP32 dims: 4 }
            output { name: "doubled" data_type: TYPE_FP32 dims: 4 label_filename: "classes.txt" }
            model_warmup {
              name: "zeros" batch_size: 2 count: 3
              inputs { key: "x" value { data_type: TYPE_FP32 dims: 4 zero_data: true } }
            }
            model_warmup {
              name: "file" batch_size: 4
              inputs { key: "x" value { data_type: TYPE_FP32 dims: 4 input_data_file: "row" } }
            }
            """)
        .file("named", "classes.txt", "a\nb\nc\nd\n");
  }

  private static void addVersions(TritonModels models) throws Exception {
    for (var policy :
        Map.of(
                "chosen", "specific { versions: [ 1, 2, 9 ] }",
                "latest", "latest { num_versions: 2 }",
                "all", "all {}")
            .entrySet()) {
      addVersions(models, policy.getKey(), policy.getValue());
    }
  }

  /** Version 2 changes the sign. */
  private static void addVersions(TritonModels models, String name, String policy)
      throws Exception {
    for (int version : new int[] {1, 3}) {
      FixtureModels.identity(models.version(name, version));
    }
    new OnnxGraph()
        .input("x", DataType.FLOAT, -1, 4)
        .output("y", DataType.FLOAT, -1, 4)
        .node("Neg", List.of("x"), "y")
        .write(models.version(name, 2).resolve("model.onnx"));
    models.config(name, "version_policy { %s }".formatted(policy));
  }

  @AfterAll
  void stop() {
    service.close();
  }

  @Test
  @Conforms(
      to = Protocol.TRITON_CONFIG,
      with =
          "a repository of ONNX models with config.pbtxt, unchanged: max_batch_size, input, output, dims")
  void addsAndSubtracts() {
    var answer =
        infer(
            "simple",
            input("INPUT0", "INT32", "[1,16]", "5"),
            input("INPUT1", "INT32", "[1,16]", "3"));
    assertThat(data(answer, 0)).startsWith("[8,8,");
    assertThat(data(answer, 1)).startsWith("[2,2,");
  }

  @Test
  @Conforms(to = Protocol.TRITON_CONFIG, with = "max_batch_size holds, with Triton's text")
  void refusesMoreRowsThanItsConfigurationAllows() {
    var answer =
        infer(
            "simple",
            input("INPUT0", "INT32", "[9,16]", "5"),
            input("INPUT1", "INT32", "[9,16]", "3"));
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(text(answer)).contains("inference request batch-size must be <= 8 for 'simple'");
    assertThat(
            infer(
                    "simple",
                    input("INPUT0", "INT32", "[8,16]", "5"),
                    input("INPUT1", "INT32", "[8,16]", "3"))
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  @Conforms(to = Protocol.TRITON_CONFIG, with = "TYPE_STRING")
  void answersTexts() {
    var answer =
        infer(
            "texts",
            "{\"name\":\"x\",\"datatype\":\"BYTES\",\"shape\":[2,1],\"data\":[\"one\",\"zwei\"]}");
    assertThat(data(answer, 0)).isEqualTo("[\"one\",\"zwei\"]");
  }

  @Test
  @Conforms(to = Protocol.TRITON_CONFIG, with = "variable dims, instance_group")
  void answersRowsOfAnyLengthOnTwoInstances() {
    var answer = infer("any_length", input("x", "FP32", "[2,3]", "1.5"));
    assertThat(shape(answer)).isEqualTo("[2,3]");
    assertThat(metadata("any_length").path("parameters").path("instances").asInt()).isEqualTo(2);
  }

  @Test
  void showsTheShapesOfItsConfigurationAndNotOfItsFile() {
    assertThat(metadata("flat").path("inputs").path(0).path("shape").toString())
        .isEqualTo("[-1,1]");
    var answer = infer("flat", input("x", "FP32", "[3,1]", "2.0"));
    assertThat(shape(answer)).isEqualTo("[3,1,1]");
    assertThat(data(answer, 0)).isEqualTo("[2.0,2.0,2.0]");
    assertThat(infer("flat", input("x", "FP32", "[3]", "2.0")).statusCode()).isEqualTo(400);
  }

  @Test
  @Conforms(to = Protocol.TRITON_CONFIG, with = "reshape, and models without batches")
  void reshapesModelsWithoutBatches() {
    assertThat(shape(infer("image", input("x", "FP32", "[1,2,2]", "2.0")))).isEqualTo("[4,1]");
  }

  /** With max_batch_size 0 the first dimensions are no rows, and need not be the same. */
  @Test
  void takesFirstDimensionsThatDifferWhereThereIsNoBatch() {
    var answer = infer("joined", input("a", "INT64", "[2]", "1"), input("b", "INT64", "[3]", "2"));
    assertThat(data(answer, 0)).isEqualTo("[1,1,2,2,2]");
    assertThat(config("joined").path("max_batch_size").asInt(-1)).isZero();
  }

  @Test
  @Conforms(
      to = Protocol.TRITON_CONFIG,
      with = "default_model_filename, label_filename, a part of the outputs")
  void servesAFileOfAnotherNameWithItsLabelsAndOneOfItsOutputs() {
    var answer = infer("named", input("x", "FP32", "[1,4]", "2.0"));
    assertThat(data(answer, 0)).isEqualTo("[4.0,4.0,4.0,4.0]");
    assertThat(json(answer).path("outputs")).hasSize(1);
    assertThat(service.catalog().describe("named", null).labels("doubled"))
        .containsExactly("a", "b", "c", "d");
  }

  @Test
  @Conforms(to = Protocol.TRITON_CONFIG, with = "version_policy: all, latest, specific")
  void servesTheVersionsThatItsPolicySelects() {
    assertThat(metadata("chosen").path("versions").toString()).isEqualTo("[\"1\",\"2\"]");
    assertThat(metadata("latest").path("versions").toString()).isEqualTo("[\"2\",\"3\"]");
    assertThat(metadata("all").path("versions").toString()).isEqualTo("[\"1\",\"2\",\"3\"]");
  }

  @Test
  @Conforms(
      to = Protocol.OIP_REST,
      with = "several versions of a model at a time, the highest without a version in the path")
  void answersByTheVersionInThePath() {
    var x = input("x", "FP32", "[1,4]", "5.0");
    assertThat(data(infer("chosen", x), 0)).startsWith("[-5.0,");
    assertThat(data(infer("chosen/versions/2", x), 0)).startsWith("[-5.0,");
    assertThat(data(infer("chosen/versions/1", x), 0)).startsWith("[5.0,");
    assertThat(infer("chosen/versions/3", x).statusCode()).isEqualTo(404);
    assertThat(service.get(service.http("/v2/models/all/versions/2/ready")).statusCode())
        .isEqualTo(200);
    var index = service.post("/v2/repository/index", BodyPublishers.noBody());
    assertThat(text(index))
        .contains("\"name\":\"chosen\",\"version\":\"1\",\"state\":\"READY\"")
        .contains("\"name\":\"chosen\",\"version\":\"2\",\"state\":\"READY\"");
  }

  @Test
  @Conforms(to = Protocol.TFS_REST, with = "several versions of a model at a time")
  void answersTensorFlowServingByTheVersionInThePath() {
    var body = "{\"instances\":[[5.0,5.0,5.0,5.0]]}";
    var first = service.post("/v1/models/all/versions/1:predict", BodyPublishers.ofString(body));
    assertThat(text(first)).contains("[5.0,5.0,5.0,5.0]");
    var second = service.post("/v1/models/all/versions/2:predict", BodyPublishers.ofString(body));
    assertThat(text(second)).contains("-5.0");
    var status = json(service.get(service.http("/v1/models/all"))).path("model_version_status");
    assertThat(status.valueStream().map(version -> version.path("version").asString()))
        .containsExactlyInAnyOrder("1", "2", "3");
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "model_configuration, REST")
  void tellsTheConfigurationInTritonsForm() {
    var expected =
        """
        {"name":"simple","platform":"onnxruntime_onnx","backend":"onnxruntime","runtime":"",
         "version_policy":{"latest":{"num_versions":1}},"max_batch_size":8,
         "input":[{"name":"INPUT0","data_type":"TYPE_INT32","format":"FORMAT_NONE","dims":[16],
           "is_shape_tensor":false,"allow_ragged_batch":false,"optional":false,
           "is_non_linear_format_io":false},
          {"name":"INPUT1","data_type":"TYPE_INT32","format":"FORMAT_NONE","dims":[16],
           "is_shape_tensor":false,"allow_ragged_batch":false,"optional":false,
           "is_non_linear_format_io":false}],
         "output":[{"name":"OUTPUT0","data_type":"TYPE_INT32","dims":[16],"label_filename":"",
           "is_shape_tensor":false,"is_non_linear_format_io":false},
          {"name":"OUTPUT1","data_type":"TYPE_INT32","dims":[16],"label_filename":"",
           "is_shape_tensor":false,"is_non_linear_format_io":false}],
         "batch_input":[],"batch_output":[],"instance_group":[],
         "default_model_filename":"model.onnx","cc_model_filenames":{},"metric_tags":{},
         "parameters":{},"model_warmup":[]}
        """;
    assertThat(config("simple")).isEqualTo(JsonMapper.builder().build().readTree(expected));
    assertThat(config("simple/versions/1")).isEqualTo(config("simple"));
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "model_configuration, gRPC")
  void tellsTheSameConfigurationOverGrpc() {
    var config =
        service
            .grpc()
            .modelConfig(ModelConfigRequest.newBuilder().setName("any_length").build())
            .getConfig();
    assertThat(config.getMaxBatchSize()).isEqualTo(64);
    assertThat(config.getInput(0).getDimsList()).containsExactly(-1L);
    assertThat(config.getDynamicBatching().getMaxQueueDelayMicroseconds()).isEqualTo(500);
    assertThatThrownBy(
            () ->
                service
                    .grpc()
                    .modelConfig(ModelConfigRequest.newBuilder().setName("absent").build()))
        .hasMessageContaining("NOT_FOUND: Request for unknown model: 'absent' is not found");
  }

  @Test
  @Conforms(to = Protocol.TRITON_CONFIG, with = "no config.pbtxt: completed from the ONNX file")
  void completesTheConfigurationOfAModelThatHasNone() {
    var config = config("plain");
    assertThat(config.path("backend").asString()).isEqualTo("onnxruntime");
    assertThat(config.path("max_batch_size").asInt()).isEqualTo(64);
    assertThat(config.path("input").path(0).path("data_type").asString()).isEqualTo("TYPE_FP32");
    assertThat(config.path("input").path(0).path("dims").toString()).isEqualTo("[4]");
    assertThat(config.path("output").path(0).path("name").asString()).isEqualTo("y");
    assertThat(config.has("dynamic_batching")).isTrue();
  }

  @Test
  void doesNotKnowTheConfigurationOfAModelThatIsNotThere() {
    var answer = service.get(service.http("/v2/models/absent/config"));
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(text(answer)).contains("Request for unknown model: 'absent' is not found");
  }

  private JsonNode config(String model) {
    var answer = service.get(service.http("/v2/models/" + model + "/config"));
    assertThat(answer.statusCode()).isEqualTo(200);
    return json(answer);
  }

  private JsonNode metadata(String model) {
    return json(service.get(service.http("/v2/models/" + model)));
  }

  private HttpResponse<byte[]> infer(String model, String... inputs) {
    var body = "{\"inputs\":[" + String.join(",", inputs) + "]}";
    return service.post("/v2/models/" + model + "/infer", BodyPublishers.ofString(body));
  }

  private static String input(String name, String datatype, String shape, String value) {
    int count = 1;
    for (var dimension : shape.replaceAll("[\\[\\]]", "").split(",", -1)) {
      count *= Integer.parseInt(dimension);
    }
    var data = IntStream.range(0, count).mapToObj(_ -> value).collect(Collectors.joining(","));
    return "{\"name\":\"%s\",\"datatype\":\"%s\",\"shape\":%s,\"data\":[%s]}"
        .formatted(name, datatype, shape, data);
  }

  private static JsonNode json(HttpResponse<byte[]> answer) {
    return RunningService.json(answer);
  }

  private static String data(HttpResponse<byte[]> answer, int output) {
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
    return json(answer).path("outputs").path(output).path("data").toString();
  }

  private static String shape(HttpResponse<byte[]> answer) {
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
    return json(answer).path("outputs").path(0).path("shape").toString();
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }
}
