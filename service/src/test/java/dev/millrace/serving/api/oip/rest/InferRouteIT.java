package dev.millrace.serving.api.oip.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.serving.api.edge.FastPathServer;
import dev.millrace.serving.api.edge.Inflation;
import dev.millrace.serving.api.edge.RawClient;
import dev.millrace.serving.api.edge.RequestLimits;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class InferRouteIT {
  private static final int LIMIT_BYTES = 1 << 20;
  private static final String PATH = "/v2/models/m/infer";
  private static final String BODY =
      "{\"id\":\"7\",\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[1,2.5,-3]}]}";
  private static final String ANSWER =
      "{\"model_name\":\"m\",\"model_version\":\"1\",\"id\":\"7\",\"outputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,3],\"data\":[1.0,2.5,-3.0]}]}";

  private final FakeEngine engine = new FakeEngine();
  private final RequestLimits limits =
      new RequestLimits(LIMIT_BYTES, Duration.ofSeconds(5), Duration.ofSeconds(5));
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
  void answersJsonWithJson() throws IOException {
    var response = post(PATH, "", text(BODY));
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.text()).isEqualTo(ANSWER);
    assertThat(response.header("content-type")).isEqualTo("application/json");
    assertThat(response.header("inference-header-content-length")).isEmpty();
    assertThat(response.header("server-timing"))
        .matches(
            "queue;dur=0\\.001;desc=\"none\", assemble;dur=0\\.020, compute;dur=3\\.000, encode;dur=\\d+\\.\\d{3}");
  }

  @Test
  void saysSoWhenThereIsNoMemoryForTheAnswer() throws IOException {
    var response = post("/v2/models/starved/infer", "", text(BODY));
    assertThat(response.status()).isEqualTo(503);
    assertThat(response.text()).contains("There is not enough memory for this request now.");
  }

  @Test
  void namesModelAndVersionFromThePath() throws IOException {
    post("/v2/models/m/versions/12/infer?timing=1", "", text(BODY));
    assertThat(engine.last().model()).isEqualTo("m");
    assertThat(engine.last().version()).isEqualTo("12");
    post("/v2/models/a%20b%2541/infer", "", text(BODY));
    assertThat(engine.last().model()).as("decoded once").isEqualTo("a b%41");
    assertThat(engine.last().version()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "http://host:8080/v2/models/m/infer, m",
    "HTTP://host/v2/models/%6D/infer?x=1, m",
    "https://[::1]:1/v2/models/m/versions/1/infer, m"
  })
  void takesTargetsWithSchemeAndHost(String target, String model) throws IOException {
    assertThat(post(target, "", text(BODY)).text()).isEqualTo(ANSWER);
    assertThat(engine.last().model()).isEqualTo(model);
  }

  @Test
  void countsWhatItCannotReadWithTheModelItNames() throws IOException {
    assertThat(post(PATH, "", text("{\"inputs\":")).status()).isEqualTo(400);
    assertThat(post("/v2/models/m/versions/12/infer", "", text("[]")).status()).isEqualTo(400);
    assertThat(post(PATH, "Content-Encoding: br\n", text(BODY)).status()).isEqualTo(400);
    assertThat(post(PATH, "Content-Encoding: gzip\n", text(BODY)).status()).isEqualTo(400);
    assertThat(engine.refused())
        .containsExactly("m/null OTHER", "m/12 OTHER", "m/null OTHER", "m/null OTHER");
    post(PATH, "", text(BODY));
    assertThat(engine.refused()).hasSize(4);
  }

  @Test
  void countsWhatNamesNoModelWithNobody() throws IOException {
    try (var client = server.connect()) {
      assertThat(client.send(text("no HTTP\r\n\r\n")).read().status()).isEqualTo(400);
    }
    assertThat(post("/v2/models/%zz/infer", "", text(BODY)).status()).isEqualTo(400);
    assertThat(engine.refused()).containsExactly("/null OTHER", "/null OTHER");
  }

  @Test
  void takesAndGivesBinaryTensors() throws IOException {
    var json =
        """
        {"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],
        "outputs":[{"name":"x","parameters":{"binary_data":true}}]}""";
    var response =
        post(
            PATH,
            "Inference-Header-Content-Length: " + json.length() + "\n",
            join(text(json), floats(5, -6)));
    assertThat(response.header("content-type")).isEqualTo("application/octet-stream");
    int jsonBytes = Integer.parseInt(response.header("inference-header-content-length"));
    assertThat(response.text().substring(0, jsonBytes))
        .endsWith("\"shape\":[1,2],\"parameters\":{\"binary_data_size\":8}}]}");
    assertThat(Arrays.copyOfRange(response.body(), jsonBytes, response.body().length))
        .isEqualTo(floats(5, -6));
  }

  @Test
  void takesARawBody() throws IOException {
    var response = post(PATH, "Inference-Header-Content-Length: 0\n", floats(1, 2, 3));
    assertThat(response.status()).isEqualTo(200);
    int jsonBytes = Integer.parseInt(response.header("inference-header-content-length"));
    assertThat(response.text().substring(0, jsonBytes)).contains("\"shape\":[1,3]");
    assertThat(post(PATH, "Inference-Header-Content-Length: 0\n", floats(1)).text())
        .contains("unexpected total byte size 4 for input 'x': a raw binary request is one row");
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 'should be in range (0, LENGTH), got: -1'",
    "9999, 'should be in range (0, LENGTH), got: 9999'",
    "x, 'Unable to parse Inference-Header-Content-Length, got: x'",
    "10, Unable to parse the request as JSON"
  })
  void refusesALengthOfTheJsonThatCannotBe(String length, String message) throws IOException {
    var response = post(PATH, "Inference-Header-Content-Length: " + length + "\n", text(BODY));
    assertThat(response.status()).isEqualTo(400);
    assertThat(response.text()).contains(message.replace("LENGTH", "" + BODY.length()));
  }

  @ParameterizedTest
  @CsvSource({
    "full, 503, the queue is full",
    "late, 504, Request timeout expired",
    "absent, 404, Request for unknown model: 'absent' is not found"
  })
  void mapsFailuresToStatuses(String model, int status, String message) throws IOException {
    var response = post("/v2/models/" + model + "/infer", "", text(BODY));
    assertThat(response.status()).isEqualTo(status);
    assertThat(response.text()).isEqualTo("{\"error\":\"" + message + "\"}");
    assertThat(response.header("content-type")).isEqualTo("application/json");
  }

  @Test
  void refusesWhatIsNotJsonAndWorksOn() throws IOException {
    try (var client = server.connect()) {
      var bad = client.post(PATH, "", text("{\"inputs\":")).read();
      assertThat(bad.status()).isEqualTo(400);
      assertThat(bad.text()).startsWith("{\"error\":\"Unable to parse the request as JSON: ");
      assertThat(client.post(PATH, "", new byte[0]).read().status()).isEqualTo(400);
      assertThat(client.post(PATH, "", text(BODY)).read().text()).isEqualTo(ANSWER);
    }
  }

  @Test
  void namesTheOutputThatJsonCannotCarry() throws IOException {
    var json =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":4}}]}";
    var response =
        post(
            PATH,
            "Inference-Header-Content-Length: " + json.length() + "\n",
            join(text(json), floats(Float.NaN)));
    assertThat(response.status()).isEqualTo(400);
    assertThat(response.text())
        .contains("Output 'x' has NaN at element 0, which JSON cannot carry");
  }

  @Test
  void inflatesGzipAndDeflate() throws IOException {
    var zipped = new ByteArrayOutputStream();
    assertThat(
            post(PATH, "Content-Encoding: gzip\n", compressed(zipped, new GZIPOutputStream(zipped)))
                .text())
        .isEqualTo(ANSWER);
    var deflated = new ByteArrayOutputStream();
    assertThat(
            post(
                    PATH,
                    "Content-Encoding: deflate\n",
                    compressed(deflated, new DeflaterOutputStream(deflated)))
                .text())
        .isEqualTo(ANSWER);
  }

  @Test
  void refusesABodyThatInflatesOverTheLimit() throws IOException {
    var bomb = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(bomb)) {
      for (int i = 0; i < 1_000; i++) {
        out.write(new byte[100_000]);
      }
    }
    var response = post(PATH, "Content-Encoding: gzip\n", bomb.toByteArray());
    assertThat(response.status()).isEqualTo(413);
    assertThat(response.text()).contains("limit of 1048576 bytes once it is decompressed");
  }

  @Test
  void refusesBodiesThatAreNotAsEncodedAsTheySay() throws IOException {
    assertThat(post(PATH, "Content-Encoding: gzip\n", text(BODY)).text())
        .contains("The body is not gzip, although its Content-Encoding says so");
    var response = post(PATH, "Content-Encoding: br\n", text(BODY));
    assertThat(response.status()).isEqualTo(400);
    assertThat(response.text()).contains("send gzip, deflate or identity");
  }

  @Test
  void compressesLongAnswersWhenAsked() throws IOException {
    var values = "1,".repeat(999) + "1";
    var json =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1000],\"datatype\":\"UINT8\",\"data\":["
            + values
            + "]}]}";
    var zipped = post(PATH, "Accept-Encoding: deflate;q=0.5, gzip\n", text(json));
    assertThat(zipped.header("content-encoding")).isEqualTo("gzip");
    assertThat(
            new String(
                new GZIPInputStream(new ByteArrayInputStream(zipped.body())).readAllBytes(),
                StandardCharsets.UTF_8))
        .contains(values);
    var deflated = post(PATH, "Accept-Encoding: deflate\n", text(json));
    assertThat(deflated.header("content-encoding")).isEqualTo("deflate");
    assertThat(
            new String(
                new InflaterInputStream(new ByteArrayInputStream(deflated.body())).readAllBytes(),
                StandardCharsets.UTF_8))
        .contains(values);
    assertThat(post(PATH, "Accept-Encoding: gzip;q=0\n", text(json)).header("content-encoding"))
        .isEmpty();
  }

  @Test
  void echoesTheTraceOfTheRequest() throws IOException {
    var trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assertThat(post(PATH, "traceparent: " + trace + "\n", text(BODY)).header("traceparent"))
        .isEqualTo(trace);
    assertThat(post(PATH, "traceparent: nonsense\n", text(BODY)).header("traceparent")).isEmpty();
  }

  @Test
  void cancelsWhenTheClientGoes() throws Exception {
    try (var client = server.connect()) {
      client.post("/v2/models/parked/infer", "", text(BODY));
      await().until(() -> server.inFlight().count() == 1);
      await().untilAsserted(() -> assertThat(engine.lastReply().cancelled()).isFalse());
    }
    await().until(() -> engine.lastReply().cancelled());
    engine.release();
  }

  /** Compressed they are a few hundred bytes, as JSON a quarter of what all may take. */
  @Test
  void countsTensorsThatAreLargerThanTheirBodyAgainstTheMemoryOfAll() throws Exception {
    var json =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,120000],\"datatype\":\"FP64\",\"data\":[1%s]}]}"
            .formatted(",1".repeat(119_999));
    var zipped = new ByteArrayOutputStream();
    try (var zip = new GZIPOutputStream(zipped)) {
      zip.write(text(json));
    }
    try (var client = server.connect()) {
      client.post("/v2/models/parked/infer", "Content-Encoding: gzip\n", zipped.toByteArray());
      await().until(() -> server.inFlight().count() == 1 && engine.isParked());
      var response = post(PATH, "Content-Encoding: gzip\n", zipped.toByteArray());
      assertThat(response.status()).isEqualTo(503);
      assertThat(response.text()).contains("all requests under way may take 1572864 bytes");
      assertThat(engine.refused()).containsExactly("m/null REJECTED");
      engine.release();
      assertThat(client.read().status()).isEqualTo(200);
    }
    var later = post(PATH, "Content-Encoding: gzip\n", zipped.toByteArray());
    assertThat(later.status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "/v2/models/m/infer/, slow",
    "/v2/models//infer, slow",
    "/v2/models/m/versions//infer, slow",
    "/v2/models/m/x/1/infer, slow",
    "/v2/models/infer, slow",
    "/v2/models/m/versions/1/2/infer, slow",
    "httpx, slow",
    "http://host, slow",
    "/v2/models/m/inf%65r, slow",
    "/v2/models/m%2Finfer, slow",
    "/v3/models/m/infer, slow"
  })
  void leavesOtherPathsToSpring(String path, String start) throws IOException {
    assertThat(post(path, "", text(BODY)).text()).startsWith(start);
  }

  @Test
  void refusesNamesThatAreNotPercentEncoded() throws IOException {
    var response = post("/v2/models/%zz/infer", "", text(BODY));
    assertThat(response.status()).isEqualTo(400);
    assertThat(response.text()).contains("'%zz' in the path is not percent-encoded");
  }

  @Test
  void answersOtherMethodsWith405() throws IOException {
    try (var client = server.connect()) {
      var response = client.sendHead("GET " + PATH + " HTTP/1.1\nHost: x\n\n").read();
      assertThat(response.status()).isEqualTo(405);
    }
  }

  private RawClient.Response post(String path, String headers, byte[] body) throws IOException {
    try (var client = server.connect()) {
      return client.post(path, headers, body).read();
    }
  }

  private static byte[] compressed(ByteArrayOutputStream target, OutputStream compressing)
      throws IOException {
    try (compressing) {
      compressing.write(text(BODY));
    }
    return target.toByteArray();
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] floats(float... values) {
    var bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  private static byte[] join(byte[] first, byte[] second) {
    var all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }
}
