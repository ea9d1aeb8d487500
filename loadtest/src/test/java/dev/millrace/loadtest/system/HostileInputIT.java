package dev.millrace.loadtest.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.system.MillraceSystem.Part;
import dev.millrace.loadtest.system.RawConnection.RawAnswer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bytes that no client of good will sends. After each test the service must answer as if nothing
 * had been.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileInputIT {
  private static final String INFER = "/v2/models/mlp/infer";

  private final MillraceSystem system;
  private final Path models;

  HostileInputIT(@TempDir Path folder) throws IOException {
    models = folder.resolve("models");
    system = new MillraceSystem(Files.createDirectories(folder.resolve("home")));
  }

  @BeforeAll
  void serveTheTinyModel() throws IOException {
    FixtureModel.MLP.writeInto(models);
    system.with("MILLRACE_MODELS", models.toString()).start(Part.SERVICE);
    system.awaitModel("mlp");
  }

  @AfterAll
  void stop() {
    system.close();
  }

  @AfterEach
  void theServiceStillAnswers() throws IOException {
    try (var connection = connect()) {
      assertThat(connection.send(inference("after")).read().status()).isEqualTo(200);
    }
    assertThat(system.process(Part.SERVICE).isAlive()).isTrue();
  }

  @Test
  void garbageOnTheHttpPortIsRefusedOrCutOff() throws IOException {
    try (var connection = connect()) {
      var answer = connection.send(noise()).send("\r\n\r\n").readAll();
      assertThat(answer).doesNotContain("HTTP/1.1 200", "HTTP/1.1 500", "\tat ");
    }
  }

  @Test
  void garbageOnTheGrpcPortIsCutOff() throws IOException {
    try (var connection = new RawConnection(system.grpcUrl())) {
      assertThat(connection.send(noise()).readAll()).doesNotContain("\tat ");
    }
  }

  @Test
  void aBodyOverTheLimitIsRefusedBeforeItIsSent() throws IOException {
    try (var connection = connect()) {
      var answer = connection.send(head("Content-Length: 107374182400")).read();
      assertThat(answer.status()).isEqualTo(413);
      assertThat(error(answer)).contains("larger than the limit of 67108864 bytes");
    }
  }

  @Test
  void aChunkedBodyOverTheLimitIsRefusedWhileItArrives() throws Exception {
    var chunk = "100000\r\n" + " ".repeat(0x100000) + "\r\n";
    try (var connection = connect()) {
      connection.send(head("Transfer-Encoding: chunked"));
      // Read while we send: a reset could throw an answer away that nobody has read yet.
      var answer = new FutureTask<>(connection::read);
      Thread.startVirtualThread(answer);
      sendUntilAnswered(connection, chunk, answer);
      assertThat(answer.get(30, TimeUnit.SECONDS).status()).isEqualTo(413);
    }
  }

  /** At most 200 MiB; the server may close while we still send. */
  private static void sendUntilAnswered(
      RawConnection connection, String chunk, FutureTask<RawAnswer> answer) {
    try {
      for (var sent = 0; sent < 200 && !answer.isDone(); sent++) {
        connection.send(chunk);
      }
    } catch (IOException _) {
      // Cut off: the answer must have come before.
    }
  }

  @Test
  void aSlowBodyHoldsNobodyUp() throws IOException {
    var request = inference("slow");
    try (var slow = connect();
        var other = connect()) {
      slow.send(request.substring(0, request.length() - 700));
      for (var index = 0; index < 20; index++) {
        assertThat(other.send(inference("other")).read().status()).isEqualTo(200);
      }
      var answer = slow.send(request.substring(request.length() - 700)).read();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body()).contains("\"slow\"");
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() throws IOException {
    try (var connection = connect()) {
      connection.send(inference("first") + inference("second") + inference("third"));
      assertThat(connection.read().body()).contains("\"first\"");
      assertThat(connection.read().body()).contains("\"second\"");
      assertThat(connection.read().body()).contains("\"third\"");
    }
  }

  @Test
  void aPipelinedHealthCheckWaitsForTheInferenceBeforeIt() throws IOException {
    try (var connection = connect()) {
      connection.send(inference("first") + "GET /v2/models/mlp HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(connection.read().body()).contains("\"first\"");
      assertThat(connection.read().body()).contains("\"platform\"");
    }
  }

  @Test
  void callersThatLeaveInTheMiddleOfTheirBodyLeaveNothingBehind() throws IOException {
    var request = inference("gone");
    for (var index = 0; index < 100; index++) {
      try (var connection = connect()) {
        connection.send(request.substring(0, 200 + index));
      }
    }
    for (var index = 0; index < 100; index++) {
      try (var connection = connect()) {
        connection.send(request);
      }
    }
  }

  @Test
  void jsonNestedWithoutEndIsAMistakeOfTheCaller() throws IOException {
    try (var connection = connect()) {
      var body = "{\"inputs\":" + String.join("", Collections.nCopies(100_000, "["));
      var answer = connection.send(request(body)).read();
      assertThat(answer.status()).isEqualTo(400);
      assertThat(error(answer)).isNotBlank().doesNotContain("Exception");
    }
  }

  @Test
  void aShapeOfMoreElementsThanALongHoldsIsAMistakeOfTheCaller() throws IOException {
    var huge = Long.toString(1L << 40);
    var body =
        "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"FP32\",\"shape\":[%s,%s,%s],\"data\":[1]}]}"
            .formatted(huge, huge, huge);
    try (var connection = connect()) {
      assertThat(connection.send(request(body)).read().status()).isEqualTo(400);
    }
  }

  @Test
  void aBinaryHeaderLongerThanTheBodyIsAMistakeOfTheCaller() throws IOException {
    try (var connection = connect()) {
      var answer =
          connection
              .send(head("Content-Length: 2\r\nInference-Header-Content-Length: 900000") + "{}")
              .read();
      assertThat(answer.status()).isEqualTo(400);
      assertThat(error(answer)).contains("900000");
    }
  }

  @Test
  void twoAnswersToHowLongTheBodyIsAreNotGuessedAt() throws IOException {
    try (var connection = connect()) {
      var answer =
          connection
              .send(head("Content-Length: 5\r\nTransfer-Encoding: chunked") + "0\r\n\r\n")
              .readAll();
      assertThat(answer).doesNotContain("HTTP/1.1 200", "HTTP/1.1 500");
    }
  }

  @Test
  void aCompressedBodyIsRead() throws Exception {
    var answer = sendCompressed(gzip(body("zipped").getBytes(StandardCharsets.UTF_8)));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body()).contains("\"zipped\"");
  }

  @Test
  void aCompressedBombIsRefused() throws Exception {
    var answer = sendCompressed(gzip(new byte[200 << 20]));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(413);
  }

  @Test
  void aCallerThatAsksBeforeSendingIsToldToGoOn() throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create(system.url(Part.SERVICE) + INFER))
              .version(HttpClient.Version.HTTP_1_1)
              .expectContinue(true)
              .POST(HttpRequest.BodyPublishers.ofString(body("asked")))
              .build();
      var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.body()).contains("\"asked\"");
    }
  }

  private HttpResponse<String> sendCompressed(byte[] body) throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create(system.url(Part.SERVICE) + INFER))
              .version(HttpClient.Version.HTTP_1_1)
              .header("Content-Encoding", "gzip")
              .POST(HttpRequest.BodyPublishers.ofByteArray(body))
              .build();
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    }
  }

  private RawConnection connect() throws IOException {
    return new RawConnection(system.url(Part.SERVICE));
  }

  private static String error(RawAnswer answer) {
    return RestClient.JSON.readTree(answer.body()).path("error").asString();
  }

  private static byte[] noise() {
    var bytes = new byte[4096];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  private static String head(String headers) {
    return "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%s\r\n\r\n"
        .formatted(INFER, headers);
  }

  private static String request(String body) {
    return head("Content-Length: " + body.length()) + body;
  }

  private static String inference(String id) {
    return request(body(id));
  }

  private static String body(String id) {
    var data = String.join(",", Collections.nCopies(784, "0.5"));
    return "{\"id\":\"%s\",\"inputs\":[{\"name\":\"image\",\"datatype\":\"FP32\",\"shape\":[1,1,28,28],\"data\":[%s]}]}"
        .formatted(id, data);
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    var zipped = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(zipped)) {
      out.write(bytes);
    }
    return zipped.toByteArray();
  }
}
