package dev.millrace.serving.api.oip.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.serving.api.edge.FastPathServer;
import dev.millrace.serving.api.edge.Inflation;
import dev.millrace.serving.api.edge.RawClient;
import dev.millrace.serving.api.edge.RequestLimits;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Infer requests that are CloudEvents. */
@Timeout(60)
class CloudEventsIT {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String PATH = "/v2/models/m/infer";
  private static final String REQUEST =
      "{\"id\":\"7\",\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[1,2.5,-3]}]}";
  private static final String ANSWER =
      "{\"model_name\":\"m\",\"model_version\":\"1\",\"id\":\"7\",\"outputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,3],\"data\":[1.0,2.5,-3.0]}]}";
  private static final String ATTRIBUTES =
      "\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"/here\",\"type\":\"org.kubeflow.serving.inference.request\"";
  private static final String BINARY =
      """
      ce-specversion: 1.0
      CE-ID: a
      ce-source: /here
      ce-type: org.kubeflow.serving.inference.request
      Content-Type: application/json
      """;
  private static final String STRUCTURED =
      "Content-Type: Application/CloudEvents+JSON; charset=utf-8\n";

  private final FakeEngine engine = new FakeEngine();
  private final RequestLimits limits =
      new RequestLimits(1 << 20, Duration.ofSeconds(5), Duration.ofSeconds(5));
  private final FastPathServer server =
      new FastPathServer(
          new InferRoute(
              engine,
              limits,
              new Inflation(limits.maxBodyBytes()),
              SharedRegions.off(),
              () -> 1_000),
          limits);

  @AfterEach
  void nothingIsLeftOver() {
    await().untilAsserted(() -> assertThat(server.inFlight().count()).isZero());
    assertThat(engine.allAnswersClosed()).isTrue();
    server.close();
    await().untilAsserted(() -> assertThat(server.bytesInUse()).as("leaked bytes").isZero());
  }

  @Test
  @Conforms(to = Protocol.CLOUD_EVENTS, with = "binary mode")
  void answersABinaryEventWithOne() throws IOException {
    var response = post(BINARY, REQUEST);
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.text()).isEqualTo(ANSWER);
    assertThat(response.header("content-type")).isEqualTo("application/json");
    assertThat(response.header("ce-specversion")).isEqualTo("1.0");
    assertThat(response.header("ce-type")).isEqualTo("org.kubeflow.serving.inference.response");
    assertThat(response.header("ce-source")).isEqualTo("io.kserve.inference.m");
    assertThat(response.header("ce-id")).isNotEmpty().isNotEqualTo("a");
    assertThat(Instant.parse(response.header("ce-time"))).isBefore(Instant.now());
    assertThat(post(BINARY, REQUEST).header("ce-id")).isNotEqualTo(response.header("ce-id"));
  }

  @Test
  void answersWhatIsNoEventWithNone() throws IOException {
    var response = post("ce-time: 2026-01-01T00:00:00Z\n", REQUEST);
    assertThat(response.text()).isEqualTo(ANSWER);
    assertThat(response.header("ce-id")).isEmpty();
  }

  @Test
  @Conforms(to = Protocol.CLOUD_EVENTS, with = "structured mode")
  void answersAStructuredEventWithOne() throws IOException {
    var response = post(STRUCTURED, "{" + ATTRIBUTES + ",\"data\": " + REQUEST + " }");
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.header("content-type")).isEqualTo("application/cloudevents+json");
    assertThat(response.header("ce-id")).isEmpty();
    var event = event(response);
    assertThat(event.path("specversion").asString()).isEqualTo("1.0");
    assertThat(event.path("type").asString()).isEqualTo("org.kubeflow.serving.inference.response");
    assertThat(event.path("source").asString()).isEqualTo("io.kserve.inference.m");
    assertThat(event.path("datacontenttype").asString()).isEqualTo("application/json");
    assertThat(event.path("id").asString()).isNotEmpty().isNotEqualTo("a");
    assertThat(Instant.parse(event.path("time").asString())).isBefore(Instant.now());
    assertThat(event.path("data").toString()).isEqualTo(ANSWER);
  }

  @Test
  void takesDataBeforeTheAttributesAndAsBase64() throws IOException {
    var encoded = Base64.getEncoder().encodeToString(REQUEST.getBytes(UTF_8));
    var response = post(STRUCTURED, "{\"data_base64\":\"" + encoded + "\"," + ATTRIBUTES + "}");
    assertThat(event(response).path("data").toString()).isEqualTo(ANSWER);
    assertThat(engine.last().inputs()).hasSize(1);
  }

  @Test
  @Conforms(to = Protocol.CLOUD_EVENTS, with = "binary tensors in both modes")
  void carriesBinaryTensorsBothWays() throws IOException {
    var json =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":8}}],\"parameters\":{\"binary_data_output\":true}}";
    var floats =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putFloat(5).putFloat(-6).array();
    var length = "Inference-Header-Content-Length: " + json.length() + "\n";
    var binary = post(BINARY + length, join(json.getBytes(UTF_8), floats));
    assertThat(binary.header("content-type")).isEqualTo("application/octet-stream");
    assertThat(binary.body()).endsWith(floats);
    assertThat(binary.header("ce-id")).isNotEmpty();

    var encoded = Base64.getEncoder().encodeToString(join(json.getBytes(UTF_8), floats));
    var structured =
        post(STRUCTURED + length, "{" + ATTRIBUTES + ",\"data_base64\":\"" + encoded + "\"}");
    var event = event(structured);
    assertThat(event.path("datacontenttype").asString()).isEqualTo("application/octet-stream");
    assertThat(event.has("data")).isFalse();
    assertThat(Base64.getDecoder().decode(event.path("data_base64").asString()))
        .isEqualTo(binary.body());
    assertThat(structured.header("inference-header-content-length"))
        .isEqualTo(binary.header("inference-header-content-length"));
  }

  @Test
  void inflatesAndDeflatesEventsAsOthers() throws IOException {
    var packed = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(packed)) {
      gzip.write(("{" + ATTRIBUTES + ",\"data\":" + REQUEST + "}").getBytes(UTF_8));
    }
    var response = post(STRUCTURED + "Content-Encoding: gzip\n", packed.toByteArray());
    assertThat(event(response).path("data").toString()).isEqualTo(ANSWER);
  }

  @ParameterizedTest
  @CsvSource({
    "ce-id: a, 'ce-source, ce-specversion, ce-type'",
    "ce-type: t, 'ce-id, ce-source, ce-specversion'",
    "ce-specversion: 1.0, 'ce-id, ce-source, ce-type'",
    "ce-source: s, 'ce-id, ce-specversion, ce-type'"
  })
  void namesTheHeadersThatAreMissing(String header, String missing) throws IOException {
    var response = post(header + "\n", REQUEST);
    assertThat(response.status()).isEqualTo(400);
    assertThat(event(response).path("error").asString())
        .isEqualTo(
            "The event lacks " + missing + ". A CloudEvent has id, source, specversion and type.");
    assertThat(response.header("ce-id")).isEmpty();
    assertThat(engine.refused()).containsExactly("m/null OTHER");
  }

  @ParameterizedTest
  @ValueSource(strings = {"id", "source", "type", "specversion"})
  void namesTheAttributesThatAreMissing(String missing) throws IOException {
    for (var attributes :
        new String[] {
          ATTRIBUTES.replace("\"" + missing + "\":", "\"other\":"),
          ATTRIBUTES.replaceAll("\"" + missing + "\":\"[^\"]*\",?", "").replaceAll(",$", "")
        }) {
      var response = post(STRUCTURED, "{\"data\":" + REQUEST + "," + attributes + "}");
      assertThat(response.status()).isEqualTo(400);
      assertThat(event(response).path("error").asString())
          .isEqualTo(
              "The event lacks "
                  + missing
                  + ". A CloudEvent has id, source, specversion and type.");
    }
  }

  @Test
  void refusesBrokenEvents() throws IOException {
    assertRefused(
        BINARY.replace("1.0", "0.3"),
        REQUEST,
        400,
        "The event has specversion '0.3'; '1.0' is spoken here.");
    assertRefused(
        STRUCTURED,
        "{" + ATTRIBUTES + "}",
        400,
        "The event has neither data nor data_base64. Put the infer request into one of the two.");
    assertRefused(
        STRUCTURED,
        "{" + ATTRIBUTES + ",\"data\":{},\"data_base64\":\"e30=\"}",
        400,
        "The event has its data twice. Send data or data_base64, once.");
    assertRefused(
        STRUCTURED,
        "{" + ATTRIBUTES + ",\"id\":\"b\",\"data\":{}}",
        400,
        "The event has 'id' twice.");
    assertRefused(
        STRUCTURED,
        "{" + ATTRIBUTES + ",\"data\":[]}",
        400,
        "Unable to parse the request as JSON: an array where an object was expected (byte 0)");
    assertRefused(
        STRUCTURED,
        "{" + ATTRIBUTES + ",\"data_base64\":\"!\"}",
        400,
        "data_base64 of the event is not Base64:");
    assertRefused(
        STRUCTURED, "[]", 400, "Unable to parse the request as JSON: an array where an object");
    assertRefused(
        "Content-Type: application/cloudevents-batch+json\n",
        "[]",
        501,
        "Events of type application/cloudevents-batch+json are not served. Send application/cloudevents+json, one event at a time.");
  }

  @Test
  void answersFailuresAsPlainErrors() throws IOException {
    try (var client = server.connect()) {
      var response = client.post("/v2/models/late/infer", BINARY, REQUEST.getBytes(UTF_8)).read();
      assertThat(response.status()).isEqualTo(504);
      assertThat(response.text()).isEqualTo("{\"error\":\"Request timeout expired\"}");
    }
  }

  private void assertRefused(String headers, String body, int status, String error)
      throws IOException {
    var response = post(headers, body);
    assertThat(response.status()).isEqualTo(status);
    assertThat(event(response).path("error").asString()).startsWith(error);
  }

  private static JsonNode event(RawClient.Response response) {
    return JSON.readTree(response.body());
  }

  private RawClient.Response post(String headers, String body) throws IOException {
    return post(headers, body.getBytes(UTF_8));
  }

  private RawClient.Response post(String headers, byte[] body) throws IOException {
    try (var client = server.connect()) {
      return client.post(PATH, headers, body).read();
    }
  }

  private static byte[] join(byte[] first, byte[] second) {
    return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
  }
}
