package dev.millrace.serving.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.ModelRepositoryParameter;
import dev.millrace.protocol.oip.RepositoryModelLoadRequest;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import dev.millrace.serving.fixture.OnnxGraph;
import dev.millrace.serving.repository.ModelControl;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** Loads that bring the files of a model along, where the operator allows it. */
@Timeout(120)
class UploadIT {
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
            models.root(),
            temporary.resolve("home"),
            "--serving.directory.control=explicit",
            "--serving.directory.allow-upload=true");
  }

  @AfterEach
  void stop() {
    service.close();
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "model_repository: load with files, REST")
  void servesTheFilesUntilTheNextLoad() throws Exception {
    assertThat(load("m", "{}", Map.of("1/model.onnx", doubling())).statusCode()).isEqualTo(200);
    assertThat(answer("m")).isEqualTo("[2.0,4.0,6.0,8.0]");
    // Another one under the same number, and nothing is left of the first.
    assertThat(load("m", "{}", Map.of("1/model.onnx", negating())).statusCode()).isEqualTo(200);
    assertThat(answer("m")).isEqualTo("[-1.0,-2.0,-3.0,-4.0]");
    assertThat(uploads("m")).hasSize(1);
    assertThat(
            service
                .post("/v2/repository/models/m/load", BodyPublishers.ofString("{}"))
                .statusCode())
        .isEqualTo(200);
    assertThat(answer("m")).isEqualTo("[1.0,2.0,3.0,4.0]");
    assertThat(uploads("m")).isEmpty();
  }

  @Test
  void servesAModelThatTheRepositoryDoesNotHold() throws Exception {
    var config = "{\"default_model_filename\":\"net.onnx\",\"max_batch_size\":2}";
    assertThat(load("sent", config, Map.of("7/net.onnx", doubling())).statusCode()).isEqualTo(200);
    assertThat(answer("sent")).isEqualTo("[2.0,4.0,6.0,8.0]");
    assertThat(RunningService.json(service.get(service.http("/v2/models/sent"))).at("/versions/0"))
        .hasToString("\"7\"");
    assertThat(models.root().resolve("sent")).doesNotExist();
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "model_repository: load with files, gRPC")
  void takesFilesOverGrpc() {
    var request =
        RepositoryModelLoadRequest.newBuilder()
            .setModelName("m")
            .putParameters(
                "config", ModelRepositoryParameter.newBuilder().setStringParam("{}").build())
            .putParameters(
                "file:1/model.onnx",
                ModelRepositoryParameter.newBuilder()
                    .setBytesParam(ByteString.copyFrom(doubling()))
                    .build());
    service.grpc().repositoryModelLoad(request.build());
    assertThat(answer("m")).isEqualTo("[2.0,4.0,6.0,8.0]");
    request.removeParameters("config");
    assertThatThrownBy(() -> service.grpc().repositoryModelLoad(request.build()))
        .hasMessageContaining("INVALID_ARGUMENT")
        .hasMessageContaining("the parameter 'config' must be given");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../../m/1/model.onnx",
        "/tmp/model.onnx",
        "1/../../model.onnx",
        "..",
        ".",
        "",
        "1\\model.onnx",
        "1//../model.onnx",
        "a\u0000b",
        "1/2/3/4/5/6/7/8/9/model.onnx"
      })
  void writesNothingOutsideOfTheFolderOfTheModel(String name) throws Exception {
    var answer = load("m", "{}", Map.of(name, doubling()));
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(error(answer)).contains("names no file inside the folder of the model");
    assertThat(uploads("m")).isEmpty();
    assertThat(models.root().resolve("m/model.onnx")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"..", "a%2Fb", "%2e%2e%2fm", "a%20b"})
  void refusesNamesThatAreNone(String model) {
    var body = body("{}", Map.of("1/model.onnx", doubling()));
    var answer =
        service.post("/v2/repository/models/" + model + "/load", BodyPublishers.ofString(body));
    assertThat(answer.statusCode()).isIn(400, 404);
  }

  @Test
  void leavesTheLiveVersionAndNoFilesWhereALoadFails() throws Exception {
    assertThat(load("m", "{}", Map.of("1/model.onnx", doubling())).statusCode()).isEqualTo(200);
    var broken = load("m", "{}", Map.of("1/model.onnx", "no model".getBytes(UTF_8)));
    assertThat(broken.statusCode()).isEqualTo(400);
    var unnamed = load("m", "{}", Map.of("1/other.txt", doubling()));
    assertThat(unnamed.statusCode()).as(error(unnamed)).isIn(400, 404);
    var refused = load("m", "{\"max_batch_sise\":1}", Map.of("1/model.onnx", negating()));
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(answer("m")).isEqualTo("[2.0,4.0,6.0,8.0]");
    assertThat(uploads("m")).hasSize(1);
  }

  @Test
  void wantsAConfigurationAndBase64() {
    var without =
        service.post(
            "/v2/repository/models/m/load",
            BodyPublishers.ofString("{\"parameters\":{\"file:1/model.onnx\":\"AAAA\"}}"));
    assertThat(without.statusCode()).isEqualTo(400);
    assertThat(error(without)).contains("the parameter 'config' must be given where files are");
    for (var value : List.of("\"?\"", "7", "1234", "true", "null", "{}")) {
      var answer =
          service.post(
              "/v2/repository/models/m/load",
              BodyPublishers.ofString(
                  "{\"parameters\":{\"config\":\"{}\",\"file:1/model.onnx\":" + value + "}}"));
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(error(answer)).contains("must have string (Base64) type");
    }
  }

  @Test
  void tellsNothingOfItsFolders() throws Exception {
    var broken = load("m", "{}", Map.of("1/model.onnx", "no model".getBytes(UTF_8)));
    assertThat(broken.statusCode()).isEqualTo(400);
    assertThat(error(broken)).doesNotContain(temporary.toString());
    var index = service.post("/v2/repository/index", BodyPublishers.noBody());
    assertThat(new String(index.body(), UTF_8))
        .contains("UNAVAILABLE")
        .doesNotContain(temporary.toString());
    var doubled = load("m", "{}", Map.of("1/model.onnx", doubling(), "1", doubling()));
    assertThat(doubled.statusCode()).isEqualTo(400);
    assertThat(error(doubled)).contains("cannot both be written");
    assertThat(uploads("m")).isEmpty();
  }

  @Test
  void hasTheSamePlacesForLargeLoadsOfBothProtocols() {
    var control = service.beans(ModelControl.class).getFirst();
    var files = Map.of("1/model.onnx", doubling(), "1/data", new byte[2 << 20]);
    try (var first = control.admit(Long.MAX_VALUE);
        var second = control.admit(Long.MAX_VALUE)) {
      assertThat(first).isNotSameAs(second);
      assertThat(error(load("m", "{}", files))).contains("2 models are being sent already");
      assertThatThrownBy(() -> service.grpc().repositoryModelLoad(message(files)))
          .hasMessageContaining("UNAVAILABLE")
          .hasMessageContaining("2 models are being sent already");
    }
    for (int i = 0; i < 3; i++) {
      assertThat(load("m", "{}", files).statusCode()).isEqualTo(200);
      service.grpc().repositoryModelLoad(message(files));
    }
  }

  private static RepositoryModelLoadRequest message(Map<String, byte[]> files) {
    var request = RepositoryModelLoadRequest.newBuilder().setModelName("m");
    request.putParameters(
        "config", ModelRepositoryParameter.newBuilder().setStringParam("{}").build());
    files.forEach(
        (name, content) ->
            request.putParameters(
                "file:" + name,
                ModelRepositoryParameter.newBuilder()
                    .setBytesParam(ByteString.copyFrom(content))
                    .build()));
    return request.build();
  }

  @Test
  void doesNotBuildWhatItDoesNotRead() throws Exception {
    var empty = "{\"a\":[{}" + ",{}".repeat(20 << 20) + "]}";
    var answer = service.post("/v2/repository/models/m/load", BodyPublishers.ofString(empty));
    assertThat(answer.statusCode()).isEqualTo(200);
  }

  @Test
  void takesLargeFilesAndRefusesWhatIsLargerThanABody() {
    var large = load("m", "{}", Map.of("1/model.onnx", doubling(), "1/data", new byte[30 << 20]));
    assertThat(large.statusCode()).isEqualTo(200);
    var tooLarge =
        load("m", "{}", Map.of("1/model.onnx", doubling(), "1/data", new byte[60 << 20]));
    assertThat(tooLarge.statusCode()).isEqualTo(413);
  }

  private static byte[] doubling() {
    return graph("Add", List.of("x", "x"));
  }

  private static byte[] negating() {
    return graph("Neg", List.of("x"));
  }

  private static byte[] graph(String operator, List<String> inputs) {
    return new OnnxGraph()
        .input("x", DataType.FLOAT, -1, 4)
        .output("y", DataType.FLOAT, -1, 4)
        .node(operator, inputs, "y")
        .bytes();
  }

  private HttpResponse<byte[]> load(String model, String config, Map<String, byte[]> files) {
    return service.post(
        "/v2/repository/models/" + model + "/load", BodyPublishers.ofString(body(config, files)));
  }

  private static String body(String config, Map<String, byte[]> files) {
    var parameters = JSON.createObjectNode().put("config", config);
    files.forEach(
        (name, content) ->
            parameters.put("file:" + name, Base64.getEncoder().encodeToString(content)));
    return JSON.writeValueAsString(JSON.createObjectNode().set("parameters", parameters));
  }

  private String answer(String model) {
    var request =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}]}";
    var answer = service.post("/v2/models/" + model + "/infer", BodyPublishers.ofString(request));
    assertThat(answer.statusCode()).as(new String(answer.body(), UTF_8)).isEqualTo(200);
    return RunningService.json(answer).at("/outputs/0/data").toString();
  }

  /** What is kept of the loads of a model. */
  private List<Path> uploads(String model) throws IOException {
    var folder = temporary.resolve("home/uploads");
    try (var below = Files.walk(folder, 4)) {
      return below
          .filter(path -> folder.relativize(path).getNameCount() == 4)
          .filter(path -> folder.relativize(path).subpath(1, 3).equals(Path.of("models", model)))
          .toList();
    }
  }

  private static String error(HttpResponse<byte[]> answer) {
    return RunningService.json(answer).path("error").asString();
  }
}
