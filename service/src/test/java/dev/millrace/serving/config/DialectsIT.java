package dev.millrace.serving.config;

import static dev.millrace.serving.config.RunningService.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.TensorProto;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import dev.millrace.serving.fixture.FixtureModels;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TensorFlow Serving's REST interface, KServe's first and MLflow's, over loopback. */
@Timeout(60)
class DialectsIT {
  private static final String[] JSON = {"Content-Type", "application/json"};

  @TempDir private static Path temporary;
  private static RunningService service;

  @BeforeAll
  static void start() throws IOException {
    var models = temporary.resolve("models");
    FixtureRepository.addPairs(models);
    FixtureRepository.addPictures(models);
    FixtureModels.addition(FixtureRepository.folder(models, "addition"));
    identity(models, "FP32", TensorProto.DataType.FLOAT);
    identity(models, "FP64", TensorProto.DataType.DOUBLE);
    identity(models, "INT64", TensorProto.DataType.INT64);
    identity(models, "INT32", TensorProto.DataType.INT32);
    identity(models, "UINT8", TensorProto.DataType.UINT8);
    identity(models, "BOOL", TensorProto.DataType.BOOL);
    identity(models, "BYTES", TensorProto.DataType.STRING);
    identity(models, "named", TensorProto.DataType.FLOAT);
    Files.writeString(
        models.resolve("named/1/MLmodel"),
        """
        flavors:
          onnx:
            data: model.onnx
        signature:
          inputs: '[{"type": "integer", "name": "a"}, {"type": "float", "name": "b", "required": false}]'
        """);
    service =
        RunningService.serving(
            models,
            temporary.resolve("home"),
            "--serving.default-model=pairs",
            "--serving.http.max-body=1MB");
  }

  private static void identity(Path models, String name, TensorProto.DataType type)
      throws IOException {
    FixtureModels.identity(FixtureRepository.folder(models, name), type, -1, 2);
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  @Conforms(to = Protocol.TFS_REST, with = "predict in rows")
  @Conforms(to = Protocol.KSERVE_V1, with = "predict")
  void answersRowsWithRows() {
    assertBody(
        predict("pairs", "{\"instances\":[[1,2,3,4],[0,0,0,1]]}"),
        "{\"predictions\":[{\"doubled\":[2.0,4.0,6.0,8.0],\"total\":[10.0]},{\"doubled\":[0.0,0.0,0.0,2.0],\"total\":[1.0]}]}");
    assertBody(
        predict("addition", "{\"instances\":[{\"a\":[1,2,3],\"b\":[4,5,6]}]}"),
        "{\"predictions\":[[5,7,9]]}");
  }

  @Test
  @Conforms(to = Protocol.TFS_REST, with = "predict in columns")
  void answersColumnsWithColumns() {
    assertBody(
        predict("pairs", "{\"signature_name\":\"serving_default\",\"inputs\":[[1,2,3,4]]}"),
        "{\"outputs\":{\"doubled\":[[2.0,4.0,6.0,8.0]],\"total\":[[10.0]]}}");
    assertBody(
        predict("addition", "{\"inputs\":{\"a\":[[1,2,3]],\"b\":[[4,5,6]]}}"),
        "{\"outputs\":[[5,7,9]]}");
  }

  @Test
  @Conforms(to = Protocol.TFS_REST, with = "versions and labels in paths")
  void findsVersionsAndLabels() {
    var body = "{\"instances\":[[1,2,3,4]]}";
    for (var path : new String[] {"/versions/1", "/labels/stable", ""}) {
      assertThat(post("/v1/models/pairs" + path + ":predict", body).statusCode())
          .as(path)
          .isEqualTo(200);
    }
    assertThat(post("/v1/models/pairs/versions/9:predict", body).statusCode()).isEqualTo(404);
    assertThat(post("/v1/models/pairs/versions/x:predict", body).statusCode()).isEqualTo(400);
    assertThat(post("/v1/models/pairs/labels/x:predict", body).statusCode()).isEqualTo(404);
    assertThat(post("/v1/models/nobody:predict", body).statusCode()).isEqualTo(404);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          FP32  | [[1.5,-2.0],[NaN,Infinity]]
          FP64  | [[0.1,-1.0E300],[NaN,-Infinity]]
          INT64 | [[9007199254740993,-9223372036854775808]]
          INT32 | [[2147483647,-2147483648]]
          UINT8 | [[0,255]]
          BOOL  | [[true,false]]
          BYTES | [["aä€",""],["\\u0001","x"]]
          """)
  @Conforms(to = Protocol.TFS_REST, with = "every datatype, base64, NaN and infinities")
  void carriesEveryValue(String model, String values) {
    assertBody(
        predict(model, "{\"instances\":" + values + "}"), "{\"predictions\":" + values + "}");
    assertBody(predict(model, "{\"inputs\":" + values + "}"), "{\"outputs\":" + values + "}");
    assertBody(
        post("/models/" + model + "/invoke", "{\"inputs\":" + values + "}", JSON),
        "{\"predictions\":" + values + "}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"instances":[]}                   | 400
          {"instances":[[1,2,3,4],[1]]}      | 400
          {"instances":[[1,2,3]]}            | 400
          {"instances":[["a",2,3,4]]}        | 400
          {"instances":[[1e99,2,3,4]]}       | 400
          {"inputs":5}                       | 400
          {"signature_name":"x","inputs":[[1,2,3,4]]} | 400
          {}                                 | 400
          nonsense                           | 400
          """)
  void refusesWithAText(String body, int status) {
    var answer = predict("pairs", body);
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(json(answer).path("error").asString()).isNotEmpty();
    var invocation = post("/invocations", body, JSON);
    assertThat(invocation.statusCode()).isEqualTo(body.contains("signature") ? 200 : status);
  }

  @Test
  void countsRefusalsWithTheirModel() {
    double before = refused();
    assertThat(predict("pairs", "{").statusCode()).isEqualTo(400);
    assertThat(post("/invocations", "{", JSON).statusCode()).isEqualTo(400);
    assertThat(post("/invocations", "{", "Content-Type", "text/plain").statusCode()).isEqualTo(415);
    assertThat(refused()).isEqualTo(before + 3);
  }

  private static double refused() {
    return service.metric("nv_inference_request_failure", "model=\"pairs\"");
  }

  @Test
  void refusesBodiesThatAreTooLargeOnceInflated() throws IOException {
    var large = "{\"instances\":[" + " ".repeat(2 << 20) + "]}";
    var answer =
        service.post(
            "/v1/models/pairs:predict",
            BodyPublishers.ofByteArray(gzipped(large)),
            "Content-Encoding",
            "gzip");
    assertThat(answer.statusCode()).isEqualTo(413);
  }

  @Test
  void readsAndWritesCompressedBodies() throws IOException {
    var body = "{\"instances\":[" + "[1,2,3,4],".repeat(200) + "[1,2,3,4]]}";
    var answer =
        service.post(
            "/v1/models/pairs:predict",
            BodyPublishers.ofByteArray(gzipped(body)),
            "Content-Encoding",
            "gzip",
            "Accept-Encoding",
            "gzip");
    assertThat(answer.headers().firstValue("Content-Encoding")).contains("gzip");
    var inflated = new GZIPInputStream(new ByteArrayInputStream(answer.body())).readAllBytes();
    assertThat(RunningService.JSON.readTree(inflated).path("predictions").size()).isEqualTo(201);
  }

  private static byte[] gzipped(String text) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(UTF_8));
    }
    return bytes.toByteArray();
  }

  @Test
  @Conforms(to = Protocol.TFS_REST, with = "classify and regress")
  void classifiesAndRegresses() {
    var image = "[" + "0,".repeat(783) + "0]";
    var classified =
        post("/v1/models/pictures:classify", "{\"examples\":[{\"image\":" + image + "}]}");
    assertThat(classified.statusCode()).isEqualTo(200);
    var classes = json(classified).path("result").path(0);
    assertThat(classes.size()).isEqualTo(10);
    assertThat(classes.path(3).path(0).asString()).isEqualTo("3");
    assertBody(
        post("/v1/models/pairs:regress", "{\"examples\":[{\"x\":[1,2,3,4]},{\"x\":[0,0,0,1]}]}"),
        "{\"results\":[10.0,1.0],\"result\":[10.0,1.0]}");
    assertThat(post("/v1/models/BYTES:classify", "{}").statusCode()).isEqualTo(400);
    assertThat(post("/v1/models/pairs:explain", "{}").statusCode()).isEqualTo(501);
  }

  @Test
  @Conforms(to = Protocol.KSERVE_V1, with = "liveness")
  void tellsProgramsAtItsRootThatItLivesAndShowsBrowsersAPage() {
    for (var accepted : new String[] {"*/*", "application/json", "@"}) {
      assertBody(accepting(accepted), "{\"status\":\"alive\"}");
    }
    var page = new String(accepting("text/html,application/xhtml+xml,*/*;q=0.8").body(), UTF_8);
    assertThat(page).contains("<title>Millrace</title>");
    assertThat(post("/", "").statusCode()).isEqualTo(405);
    assertThat(accepting("text/html, @").statusCode()).isEqualTo(400);
  }

  private static HttpResponse<byte[]> accepting(String types) {
    try (var http = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(service.http("/"))
              .header("Accept", types)
              .timeout(Duration.ofSeconds(30))
              .build();
      return http.send(request, HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  @Conforms(to = Protocol.TFS_REST, with = "status")
  @Conforms(to = Protocol.KSERVE_V1, with = "readiness of a model, and the list of models")
  void tellsTheStatusInBothDialectsOfItsUrl() {
    var expected =
        RunningService.JSON.readTree(
            """
            {"model_version_status":[{"version":"1","state":"AVAILABLE","status":{"error_code":"OK","error_message":""}}],
             "name":"pairs","ready":true}
            """);
    for (var path : new String[] {"", "/versions/1", "/labels/stable"}) {
      assertThat(json(service.get(service.http("/v1/models/pairs" + path)))).isEqualTo(expected);
    }
    assertThat(status("/v1/models/nobody")).isEqualTo(404);
    assertThat(status("/v1/models/pairs/versions/7")).isEqualTo(404);
    assertThat(status("/v1/models/pairs/labels/7")).isEqualTo(404);
    assertThat(json(service.get(service.http("/v1/models"))).path("models").toString())
        .contains("\"pairs\"", "\"addition\"");
  }

  @Test
  @Conforms(to = Protocol.TFS_REST, with = "metadata")
  void describesTheSignature() {
    var metadata = json(service.get(service.http("/v1/models/pairs/metadata")));
    assertThat(metadata.path("model_spec").toString())
        .isEqualTo("{\"name\":\"pairs\",\"signature_name\":\"\",\"version\":\"1\"}");
    var signature =
        metadata
            .path("metadata")
            .path("signature_def")
            .path("signature_def")
            .path("serving_default");
    assertThat(signature.path("inputs").toString())
        .isEqualTo(
            "{\"x\":{\"dtype\":\"DT_FLOAT\",\"tensor_shape\":{\"dim\":[{\"size\":\"-1\",\"name\":\"\"},{\"size\":\"4\",\"name\":\"\"}],\"unknown_rank\":false},\"name\":\"x\"}}");
    assertThat(signature.path("outputs").size()).isEqualTo(2);
    assertThat(signature.path("method_name").asString()).isEqualTo("tensorflow/serving/predict");
  }

  @Test
  @Conforms(
      to = Protocol.MLFLOW,
      with = "dataframe_split, dataframe_records, instances, inputs and CSV")
  void answersInvocations() {
    var rows = "{\"predictions\":[{\"doubled\":[2.0,4.0,6.0,8.0],\"total\":[10.0]}]}";
    assertBody(
        post(
            "/invocations",
            "{\"dataframe_split\":{\"columns\":[\"a\",\"b\",\"c\",\"d\"],\"data\":[[1,2,3,4]]}}",
            JSON),
        rows);
    assertBody(
        post("/invocations", "{\"dataframe_records\":[{\"a\":1,\"b\":2,\"c\":3,\"d\":4}]}", JSON),
        rows);
    assertBody(post("/invocations", "a,b,c,d\n1,2,3,4\n", "Content-Type", "text/csv"), rows);
    assertBody(
        post("/invocations", "{\"instances\":[[1,2,3,4]]}", JSON),
        "{\"predictions\":{\"doubled\":[[2.0,4.0,6.0,8.0]],\"total\":[[10.0]]}}");
  }

  @Test
  @Conforms(to = Protocol.MLFLOW, with = "columns in the order of the MLmodel file")
  void takesColumnsAsTheMlmodelFileDeclaresThem() {
    assertBody(
        post("/models/named/invoke", "b,a\n1,2\n", "Content-Type", "text/csv"),
        "{\"predictions\":[[2.0,1.0]]}");
  }

  @Test
  @Conforms(to = Protocol.MLFLOW, with = "types and optional columns of the MLmodel file")
  void holdsTablesToTheTypesOfTheMlmodelFile() {
    assertBody(
        post("/models/named/invoke", "a\n2\n", "Content-Type", "text/csv"),
        "{\"predictions\":[[2.0,NaN]]}");
    var refused = post("/models/named/invoke", "b,a\n1,2.5\n", "Content-Type", "text/csv");
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(new String(refused.body(), UTF_8))
        .contains("the column 'a' is of type integer in the model's signature");
  }

  @Test
  @Conforms(to = Protocol.SAGEMAKER, with = "invocations, with target model and custom attributes")
  void choosesModelsAsSageMakerDoes() {
    var answer =
        post(
            "/invocations",
            "{\"instances\":[[1,2]]}",
            "Content-Type",
            "application/json",
            "X-Amzn-SageMaker-Target-Model",
            "INT64.tar.gz",
            "X-Amzn-SageMaker-Custom-Attributes",
            "trace=1");
    assertBody(answer, "{\"predictions\":[[1,2]]}");
    assertThat(answer.headers().firstValue("X-Amzn-SageMaker-Custom-Attributes"))
        .contains("trace=1");
    assertThat(post("/models/nobody/invoke", "{\"instances\":[[1]]}", JSON).statusCode())
        .isEqualTo(404);
  }

  @Test
  @Conforms(to = Protocol.MLFLOW, with = "ping, health and version")
  @Conforms(to = Protocol.SAGEMAKER, with = "ping")
  void tellsItsHealth() {
    assertThat(service.get(service.http("/ping")).body()).isEmpty();
    assertThat(status("/ping")).isEqualTo(200);
    assertThat(status("/health")).isEqualTo(200);
    assertThat(new String(service.get(service.http("/version")).body(), UTF_8)).isNotEmpty();
  }

  @Test
  void refusesOtherMethods() {
    for (var path : new String[] {"/invocations", "/v1/models/pairs:predict", "/models/a/invoke"}) {
      var answer = service.get(service.http(path));
      assertThat(answer.statusCode()).as(path).isEqualTo(405);
      assertThat(answer.headers().firstValue("Allow")).contains("POST");
    }
    assertThat(post("/ping", "").statusCode()).isEqualTo(405);
    assertThat(post("/v1/models/pairs", "").statusCode()).isEqualTo(405);
    assertThat(post("/models/pairs", "").statusCode()).isEqualTo(405);
  }

  @Test
  void listsModelsAndLoadsNoneWhereTheModeForbidsIt() {
    var listed = json(service.get(service.http("/models")));
    assertThat(listed.path("models").findValuesAsString("modelName")).contains("pairs");
    assertThat(json(service.get(service.http("/models/pairs"))).path("modelUrl").asString())
        .endsWith("/models/pairs");
    assertThat(status("/models/nobody")).isEqualTo(404);
    assertThat(load("pairs", "pairs").statusCode()).isEqualTo(409);
    assertThat(load("other", "/etc").statusCode()).isEqualTo(400);
    assertThat(load("other", "pairs").statusCode()).isEqualTo(501);
    assertThat(post("/models", "[]").statusCode()).isEqualTo(400);
  }

  private static HttpResponse<byte[]> load(String model, String url) {
    return post("/models", "{\"model_name\":\"%s\",\"url\":\"%s\"}".formatted(model, url));
  }

  private static int status(String path) {
    return service.get(service.http(path)).statusCode();
  }

  private static HttpResponse<byte[]> predict(String model, String body) {
    return post("/v1/models/" + model + ":predict", body);
  }

  private static HttpResponse<byte[]> post(String path, String body, String... headers) {
    return service.post(path, BodyPublishers.ofString(body), headers);
  }

  private static void assertBody(HttpResponse<byte[]> answer, String body) {
    assertThat(new String(answer.body(), UTF_8)).isEqualTo(body);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
  }
}
