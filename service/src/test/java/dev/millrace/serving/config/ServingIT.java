package dev.millrace.serving.config;

import static dev.millrace.serving.config.RunningService.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.InferTensorContents;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferInputTensor;
import dev.millrace.protocol.oip.ModelMetadataRequest;
import dev.millrace.protocol.oip.ModelReadyRequest;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

@Timeout(60)
class ServingIT {
  @TempDir private static Path temporary;
  private static RunningService service;

  @BeforeAll
  static void start() throws IOException {
    var models = temporary.resolve("models");
    FixtureRepository.addPairs(models);
    FixtureRepository.addPictures(models);
    service = RunningService.serving(models, temporary.resolve("home"));
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  void answersJson() {
    var answer = inferJson();
    assertThat(answer.statusCode()).isEqualTo(200);
    var body = json(answer);
    assertThat(body.path("id").asString()).isEqualTo("q");
    assertThat(body.path("model_version").asString()).isEqualTo("1");
    assertThat(output(body, "doubled").path("data").toString()).isEqualTo("[2.0,4.0,6.0,8.0]");
    assertThat(output(body, "total").path("data").toString()).isEqualTo("[10.0]");
  }

  @Test
  void answersBinaryTensors() {
    var head =
        """
        {"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","parameters":{"binary_data_size":16}}],
         "outputs":[{"name":"doubled","parameters":{"binary_data":true}}]}
        """
            .getBytes(UTF_8);
    var body =
        ByteBuffer.allocate(head.length + 16)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(head)
            .putFloat(1)
            .putFloat(2)
            .putFloat(3)
            .putFloat(4);
    var answer =
        service.post(
            "/v2/models/pairs/infer",
            BodyPublishers.ofByteArray(body.array()),
            "Inference-Header-Content-Length",
            Integer.toString(head.length));
    assertThat(answer.statusCode()).isEqualTo(200);
    int headLength =
        (int) answer.headers().firstValueAsLong("Inference-Header-Content-Length").orElseThrow();
    var floats = ByteBuffer.wrap(answer.body(), headLength, 16).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(new float[] {floats.getFloat(), floats.getFloat()}).containsExactly(2, 4);
  }

  @Test
  void answersGrpcRawToRawAndTypedToTyped() {
    var input =
        InferInputTensor.newBuilder().setName("x").setDatatype("FP32").addShape(1).addShape(4);
    var raw =
        service
            .grpc()
            .modelInfer(
                ModelInferRequest.newBuilder()
                    .setModelName("pairs")
                    .setId("q")
                    .addInputs(input)
                    .addRawInputContents(ByteString.copyFrom(new byte[16]))
                    .build());
    assertThat(raw.getId()).isEqualTo("q");
    assertThat(raw.getModelVersion()).isEqualTo("1");
    assertThat(raw.getRawOutputContentsCount()).isEqualTo(2);
    var contents = InferTensorContents.newBuilder();
    for (int i = 1; i <= 4; i++) {
      contents.addFp32Contents(i);
    }
    var typed =
        service
            .grpc()
            .modelInfer(
                ModelInferRequest.newBuilder()
                    .setModelName("pairs")
                    .setModelVersion("1")
                    .addInputs(input.setContents(contents))
                    .build());
    assertThat(typed.getOutputs(0).getContents().getFp32ContentsList())
        .containsExactly(2f, 4f, 6f, 8f);
    assertThat(typed.getOutputs(1).getContents().getFp32ContentsList()).containsExactly(10f);
  }

  @Test
  void countsWhatNoProtocolCouldReadAsFailedRequestsOfTheModel() {
    long before = service.catalog().traffic("pairs").failure();
    var damaged = service.post("/v2/models/pairs/infer", BodyPublishers.ofString("{"));
    assertThat(damaged.statusCode()).isEqualTo(400);
    assertThat(service.catalog().traffic("pairs").failure()).isEqualTo(before + 1);
    var shapeless =
        ModelInferRequest.newBuilder()
            .setModelName("pairs")
            .addInputs(InferInputTensor.newBuilder().setName("x").setDatatype("FP99"))
            .build();
    assertThatThrownBy(() -> service.grpc().modelInfer(shapeless)).hasMessageContaining("FP99");
    assertThat(service.catalog().traffic("pairs").failure()).isEqualTo(before + 2);
  }

  @Test
  void describesModelsAlikeOnBothProtocols() {
    var rest = json(service.get(service.http("/v2/models/pairs")));
    var grpc =
        service.grpc().modelMetadata(ModelMetadataRequest.newBuilder().setName("pairs").build());
    assertThat(grpc.getPlatform()).isEqualTo(rest.path("platform").asString());
    assertThat(grpc.getInputs(0).getName()).isEqualTo("x");
    assertThat(grpc.getInputs(0).getShapeList()).containsExactly(-1L, 4L);
    assertThat(rest.path("inputs").get(0).path("shape").toString()).isEqualTo("[-1,4]");
    assertThat(grpc.getVersionsList()).containsExactly("1");
    assertThat(rest.path("parameters").toString())
        .isEqualTo("{\"devices\":\"cpu\",\"instances\":1}");
    assertThat(grpc.getParametersOrThrow("devices").getStringParam()).isEqualTo("cpu");
    assertThat(grpc.getParametersOrThrow("instances").getInt64Param()).isEqualTo(1);
    assertThat(grpc.getParametersMap()).doesNotContainKey("fallback");
  }

  @Test
  void isReadyOnBothProtocols() {
    assertThat(service.get(service.http("/v2/health/live")).statusCode()).isEqualTo(200);
    assertThat(service.get(service.http("/v2/health/ready")).statusCode()).isEqualTo(200);
    assertThat(service.get(service.http("/v2/models/pairs/ready")).statusCode()).isEqualTo(200);
    assertThat(
            service
                .grpc()
                .modelReady(ModelReadyRequest.newBuilder().setName("pairs").build())
                .getReady())
        .isTrue();
    assertThat(
            HealthGrpc.newBlockingStub(service.channel())
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void classifiesAPicture() throws IOException {
    var answer = service.post("/models/pictures/classify", BodyPublishers.ofByteArray(picture()));
    assertThat(answer.statusCode()).isEqualTo(200);
    var body = json(answer);
    assertThat(body.path("model").asString()).isEqualTo("pictures");
    assertThat(body.path("version").asString()).isEqualTo("1");
    assertThat(body.path("top")).hasSize(5);
    assertThat(body.path("top").get(0).path("label")).isEqualTo(body.path("label"));
    assertThat(body.path("probability").asDouble()).isBetween(0.1, 1.0);
  }

  @Test
  void saysWhatIsWrongWithAPicture() throws IOException {
    assertRefused(
        "/models/pictures/classify",
        "{}".getBytes(UTF_8),
        415,
        "The body is neither a PNG nor a JPEG");
    assertRefused("/models/pictures/classify", new byte[0], 400, "The body is empty");
    assertRefused("/models/pictures/classify", new byte[17 << 20], 413, "The body is larger than");
    assertRefused("/models/nobody/classify", picture(), 404, "Request for unknown model: 'nobody'");
    assertRefused(
        "/models/pairs/classify",
        picture(),
        400,
        "Model 'pairs' version 1 does not say how to make its input from a picture.");
  }

  private static void assertRefused(String path, byte[] body, int status, String error) {
    var answer = service.post(path, BodyPublishers.ofByteArray(body));
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(json(answer).path("error").asString()).startsWith(error);
  }

  @Test
  void reportsToTheConsole() {
    var status = json(service.get(service.http("/console/status")));
    assertThat(status.path("ready").asBoolean()).isTrue();
    assertThat(status.path("models"))
        .extracting(model -> model.path("name").asString())
        .containsExactly("pairs", "pictures");
    var pictures = status.path("models").get(1);
    assertThat(pictures.path("image").path("width").asInt()).isEqualTo(28);
    assertThat(pictures.path("versions").get(0).path("state").asString()).isEqualTo("READY");
    assertThat(pictures.path("versions").get(0).path("live").asBoolean()).isTrue();
    assertThat(status.path("models").get(0).path("image").isNull()).isTrue();
    var refused = service.post("/console/status", BodyPublishers.noBody());
    assertThat(refused.statusCode()).isEqualTo(405);
    assertThat(refused.headers().allValues("Allow")).singleElement().asString().contains("GET");
  }

  @Test
  void sendsItsPageWithAStrictPolicy() {
    var page = service.get(service.http("/"));
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(new String(page.body(), UTF_8)).contains("<title>Millrace</title>");
    assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
        .startsWith("default-src 'none'; script-src 'self';");
    assertThat(page.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
  }

  @Test
  void tellsWhatModelsCanRunOn() throws Exception {
    var devices = new String(service.get(service.management("/devices")).body(), UTF_8);
    assertThat(devices).contains("\"name\":\"cpu\"", "\"healthy\":true", "\"memoryTotalBytes\":");
  }

  @Test
  void measuresUnderTritonsNames() {
    inferJson();
    var metrics = new String(service.get(service.management("/metrics")).body(), UTF_8);
    assertThat(metrics)
        .contains("nv_inference_request_success{model=\"pairs\",version=\"1\"}")
        .contains("nv_inference_request_duration_us");
    assertThat(service.get(service.management("/health")).statusCode()).isEqualTo(200);
    assertThat(service.get(service.management("/console/status")).statusCode()).isEqualTo(404);
  }

  private static HttpResponse<byte[]> inferJson() {
    return service.post(
        "/v2/models/pairs/infer",
        BodyPublishers.ofString(
            """
            {"id":"q","inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}
            """));
  }

  private static JsonNode output(JsonNode body, String name) {
    for (var output : body.path("outputs")) {
      if (output.path("name").asString().equals(name)) {
        return output;
      }
    }
    throw new AssertionError("no output " + name + " in " + body);
  }

  private static byte[] picture() throws IOException {
    var image = new BufferedImage(100, 120, BufferedImage.TYPE_INT_RGB);
    var graphics = image.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(40, 20, 12, 80);
    graphics.dispose();
    var file = new ByteArrayOutputStream();
    ImageIO.write(image, "png", file);
    return file.toByteArray();
  }
}
