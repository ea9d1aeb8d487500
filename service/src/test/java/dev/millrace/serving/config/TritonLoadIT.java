package dev.millrace.serving.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.ModelConfigRequest;
import dev.millrace.protocol.oip.ModelRepositoryParameter;
import dev.millrace.protocol.oip.RepositoryModelLoadRequest;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import dev.millrace.serving.fixture.FixtureModels;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a load does with a configuration, one that cannot be used and one that is sent along. */
@Timeout(120)
class TritonLoadIT {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path temporary;

  private TritonModels models;
  private RunningService service;

  @BeforeEach
  void start() throws Exception {
    models = new TritonModels(temporary.resolve("models"));
    models.identity("m", DataType.FLOAT, "max_batch_size: 8", -1, 4);
    service =
        RunningService.serving(
            models.root(), temporary.resolve("home"), "--serving.directory.control=explicit");
  }

  @AfterEach
  void stop() {
    service.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "max_batch_sise: 4|config.pbtxt, line 1, column 1: there is no field 'ModelConfig.max_batch_sise'",
        "sequence_batching {}|config.pbtxt, line 1, column 1, field 'sequence_batching': needs the inputs and outputs that clients see",
        "default_model_filename: \"other.onnx\"|at least one version must be available under the version policy of model 'm'",
        "version_policy { specific { versions: 7 } }|at least one version must be available",
        "input { name: \"x\" data_type: TYPE_INT32 dims: 4 }|unable to load model 'm', configuration expects datatype TYPE_INT32 for input 'x', model provides TYPE_FP32",
        "input { name: \"z\" data_type: TYPE_FP32 dims: 4 }|unexpected inference input 'z', allowed inputs are: x",
        "output { name: \"z\" data_type: TYPE_FP32 dims: 4 }|unexpected inference output 'z', allowed outputs are: y",
        "input [ { name: \"x\" data_type: TYPE_FP32 dims: 4 }, { name: \"z\" data_type: TYPE_FP32 dims: 4 } ]|configuration expects 2 inputs, model provides 1",
        "max_batch_size: 4 input { name: \"x\" data_type: TYPE_FP32 dims: 5 }|model 'm', tensor 'x': the model expects 2 dimensions (shape [-1,4]) but the model configuration specifies 2 dimensions (an initial batch dimension because max_batch_size > 0 followed by the explicit tensor shape, making complete shape [-1,5])",
        "input { name: \"x\" data_type: TYPE_FP32 dims: 4 } output { name: \"y\" data_type: TYPE_FP32 dims: 4 }|the model expects 2 dimensions (shape [-1,4]) but the model configuration specifies 1 dimensions (shape [4])",
        "model_warmup { batch_size: 1 inputs { key: \"x\" value { data_type: TYPE_FP32 dims: 4 input_data_file: \"../../1/model.onnx\" } } }|leads out of the folder of the model"
      })
  @Conforms(
      to = Protocol.TRITON_CONFIG,
      with = "what is wrong or not supported stops the load, with line, column, field and reason")
  void failsWithTheReason(String config, String reason) throws Exception {
    models.config("m", config);
    var answer = load("{}");
    assertThat(answer.statusCode()).as(text(answer)).isIn(400, 404);
    assertThat(error(answer)).startsWith("failed to load 'm', ").contains(reason);
  }

  @Test
  void refusesBatchesOfAModelThatHasNone() throws Exception {
    FixtureModels.fixedShape(models.version("fixed", 1));
    models.config("fixed", "max_batch_size: 4");
    var answer = service.post("/v2/repository/models/fixed/load", BodyPublishers.ofString("{}"));
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(error(answer))
        .contains(
            "autofill failed for model 'fixed': model does not support batching while non-zero max_batch_size is specified");
  }

  @Test
  void keepsTheReasonInTheIndexAndTheLiveVersionServing() throws Exception {
    assertThat(load("{}").statusCode()).isEqualTo(200);
    models.config("m", "max_batch_sise: 4");
    assertThat(load("{}").statusCode()).isEqualTo(400);
    assertThat(rows(8).statusCode()).isEqualTo(200);
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "model_repository: load with a configuration, REST")
  void takesTheConfigurationThatALoadBringsUntilTheNext() {
    assertThat(load("{}").statusCode()).isEqualTo(200);
    assertThat(rows(3).statusCode()).isEqualTo(200);
    assertThat(load(withConfig("{\"max_batch_size\": 2}")).statusCode()).isEqualTo(200);
    assertThat(config().path("max_batch_size").asInt()).isEqualTo(2);
    assertThat(rows(3).statusCode()).isEqualTo(400);
    assertThat(load("{}").statusCode()).isEqualTo(200);
    assertThat(config().path("max_batch_size").asInt()).isEqualTo(8);
    assertThat(rows(3).statusCode()).isEqualTo(200);
  }

  @Test
  void takesWhatItTellsOfAConfiguration() {
    assertThat(load("{}").statusCode()).isEqualTo(200);
    var told = config();
    assertThat(load(withConfig(told.toString())).statusCode()).isEqualTo(200);
    assertThat(config()).isEqualTo(told);
  }

  @Test
  void refusesAConfigurationThatCannotBeUsed() {
    var answer = load(withConfig("{\"max_batch_sise\": 2}"));
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(error(answer))
        .startsWith("failed to load 'm', Invalid config override: ")
        .contains("max_batch_sise");
    assertThat(load(withConfig("no json")).statusCode()).isEqualTo(400);
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "model_repository: load with a configuration, gRPC")
  void takesAConfigurationOverGrpcAsWell() {
    var grpc = service.grpc();
    grpc.repositoryModelLoad(
        RepositoryModelLoadRequest.newBuilder()
            .setModelName("m")
            .putParameters("config", text("{\"max_batch_size\": 2}"))
            .build());
    assertThat(
            grpc.modelConfig(ModelConfigRequest.newBuilder().setName("m").build())
                .getConfig()
                .getMaxBatchSize())
        .isEqualTo(2);
    assertThatThrownBy(
            () ->
                grpc.repositoryModelLoad(
                    RepositoryModelLoadRequest.newBuilder()
                        .setModelName("m")
                        .putParameters(
                            "file:1/model.onnx",
                            ModelRepositoryParameter.newBuilder()
                                .setBytesParam(ByteString.copyFromUtf8("x"))
                                .build())
                        .build()))
        .hasMessageContaining("UNIMPLEMENTED")
        .hasMessageContaining("brings a file along");
  }

  private static ModelRepositoryParameter text(String value) {
    return ModelRepositoryParameter.newBuilder().setStringParam(value).build();
  }

  private static String withConfig(String config) {
    return JSON.writeValueAsString(
        JSON.createObjectNode().set("parameters", JSON.createObjectNode().put("config", config)));
  }

  private HttpResponse<byte[]> load(String body) {
    return service.post("/v2/repository/models/m/load", BodyPublishers.ofString(body));
  }

  private HttpResponse<byte[]> rows(int rows) {
    var row = "[1,2,3,4]";
    return service.post(
        "/v2/models/m/infer",
        BodyPublishers.ofString(
            "{\"inputs\":[{\"name\":\"x\",\"shape\":[%d,4],\"datatype\":\"FP32\",\"data\":[%s]}]}"
                .formatted(rows, (row + ",").repeat(rows - 1) + row)));
  }

  private JsonNode config() {
    return RunningService.json(service.get(service.http("/v2/models/m/config")));
  }

  private static String error(HttpResponse<byte[]> answer) {
    return RunningService.json(answer).path("error").asString();
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }
}
