package dev.millrace.trainer.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.trainer.FakeStore;
import dev.millrace.trainer.TrainerApplication;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TrainerApiIT {
  private static final String QUICK =
      """
      {"recipe":"digits","overrides":{"architecture":"softmax-regression","epochs":1,"trainImages":200,"seed":7}}
      """;
  private static final String ENDLESS =
      """
      {"overrides":{"architecture":"softmax-regression","epochs":9999}}
      """;
  private static final Set<String> OPEN = Set.of("QUEUED", "RUNNING");

  private static FakeStore store;
  private static ConfigurableApplicationContext trainer;
  private static HttpClient client;
  private static String address;

  @BeforeAll
  static void start() throws IOException {
    store = new FakeStore();
    trainer = started("--millrace.trainer.token=");
    address = address(trainer);
    client = HttpClient.newHttpClient();
  }

  @AfterAll
  static void stop() {
    trainer.close();
    client.close();
    store.close();
  }

  @Test
  void answersHealth() throws Exception {
    var answer = send("GET", "/health", "");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("OK");
  }

  @Test
  void retrainsAndReportsTheVerdict() throws Exception {
    var accepted = send("POST", "/api/retrainings", QUICK);

    assertThat(accepted.statusCode()).isEqualTo(202);
    var id = json(accepted).path("id").asString();
    var location = accepted.headers().firstValue("Location").orElseThrow();
    assertThat(location).isEqualTo("/api/retrainings/" + id);
    var ended = awaitEnd(location);
    assertThat(ended.path("state").asString()).isIn("PROMOTED", "REJECTED");
    assertThat(ended.path("epoch").asInt()).isEqualTo(1);
    assertThat(ended.path("step").asInt()).isEqualTo(ended.path("steps").asInt());
    assertThat(ended.path("loss").asDouble()).isPositive();
    assertThat(ended.path("accuracy").asDouble()).isBetween(0.0, 1.0);
    assertThat(ended.path("secondsLeft").asInt()).isZero();
    assertThat(ended.path("version").asString()).matches("[0-9]+");
    assertThat(ended.path("verdict").asString()).isIn("promoted", "rejected");
    assertThat(ended.path("reason").asString()).contains("held-out images");
    assertThat(ended.path("runId").asString()).startsWith("run");
    assertThat(ended.path("error").isNull()).isTrue();
    assertThat(send("GET", "/api/retrainings", "").body()).contains("\"id\":\"" + id + "\"");
  }

  @Test
  void refusesASecondRetrainingAndCancelsTheFirst() throws Exception {
    var running = json(send("POST", "/api/retrainings", ENDLESS));
    var path = "/api/retrainings/" + running.path("id").asString();

    var second = send("POST", "/api/retrainings", "");
    var cancelled = send("DELETE", path, "");
    var again = send("DELETE", path, "");

    assertThat(second.statusCode()).isEqualTo(409);
    assertThat(error(second)).contains("'" + running.path("id").asString() + "' is running");
    assertThat(cancelled.statusCode()).isEqualTo(200);
    assertThat(json(cancelled).path("state").asString()).isEqualTo("CANCELLED");
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(again.body()).isEqualTo(cancelled.body());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"recipe":             | The body is no JSON: Unexpected end-of-input
          [1]                    | The body is no JSON object; expected {"recipe":"digits"
          {"recipe":"cats"}      | Unknown recipe 'cats'; known are: digits
          {"recipe":7}           | 'recipe' is 7; expected a name
          {"epochs":7}           | Unknown field 'epochs'; expected 'recipe' and 'overrides'
          {"overrides":[]}       | 'overrides' is []; expected an object
          {"overrides":{"epoch":7}}        | Unknown setting 'epoch'; known are: architecture
          {"overrides":{"epochs":"many"}}  | Setting 'epochs' is 'many'; expected a number
          {"overrides":{"epochs":null}}    | Setting 'epochs' is null; expected a number or a text
          {"overrides":{"epochs":-1}}      | Setting 'epochs' is -1; expected 1 to 10000
          {"overrides":{"model":"a/b"}}    | Setting 'model' is 'a/b'; expected a name of the form
          {"overrides":{"architecture":"vgg"}} | Setting 'architecture' is 'vgg'; expected one of [lenet-5,
          {"overrides":{"dataset":"/etc"}} | 'dataset' cannot be set here
          """)
  void saysWhatIsWrongWithARequest(String body, String message) throws Exception {
    var answer = send("POST", "/api/retrainings", body);

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(error(answer)).startsWith(message);
  }

  @Test
  void answersEveryOtherMistakeWithJsonAndTheRightStatus() throws Exception {
    assertThat(send("GET", "/api/retrainings/nope", "").statusCode()).isEqualTo(404);
    assertThat(error(send("GET", "/api/retrainings/nope", "")))
        .isEqualTo("There is no retraining 'nope'; GET /api/retrainings lists them");
    assertThat(send("DELETE", "/api/retrainings/nope", "").statusCode()).isEqualTo(404);
    assertThat(send("PUT", "/api/retrainings", "{}").statusCode()).isEqualTo(405);
    assertThat(error(send("PUT", "/api/retrainings", "{}"))).contains("PUT");
    assertThat(send("GET", "/nowhere", "").statusCode()).isEqualTo(404);
    assertThat(error(send("GET", "/nowhere", ""))).isNotBlank();
    var huge = send("POST", "/api/retrainings", " ".repeat(70_000));
    assertThat(huge.statusCode()).isEqualTo(413);
    assertThat(error(huge)).isEqualTo("The body is longer than 65536 bytes");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET /api/retrainings/%2f HTTP/1.1", "GET /%ff HTTP/1.1", "broken"})
  void answersWithJsonWhatTomcatRefuses(String line) throws IOException {
    var uri = URI.create(address);
    try (var socket = new Socket(uri.getHost(), uri.getPort())) {
      socket.setSoTimeout(20_000);
      var request = line + "\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("HTTP/1.1 400")
          .contains("{\"error\":\"Invalid path, header or request line.\"}");
    }
  }

  @Test
  void turnsAwayPagesOfOtherSites() throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(address + "/api/retrainings"))
            .header("Origin", "https://elsewhere.example")
            .POST(BodyPublishers.noBody());
    var answer = client.send(request.build(), BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(error(answer)).isEqualTo("Requests from pages of other sites are refused.");
  }

  @Test
  void aForeignNameForThisMachineIsNoProofWithoutAToken() throws Exception {
    var page = "Host: rebound.example\r\nOrigin: http://rebound.example\r\n";

    assertThat(posted(address, page)).startsWith("HTTP/1.1 403");
    assertThat(posted(address, "Host: localhost\r\nOrigin: http://localhost:8080\r\n"))
        .startsWith("HTTP/1.1 400");
    try (var guarded = started("--millrace.trainer.token=secret")) {
      assertThat(posted(address(guarded), page + "Authorization: Bearer secret\r\n"))
          .startsWith("HTTP/1.1 400");
    }
  }

  @Test
  void asksForItsTokenWhereOneIsSet() throws Exception {
    try (var guarded = started("--millrace.trainer.token=secret")) {
      var uri = URI.create(address(guarded) + "/api/retrainings");
      var without = HttpRequest.newBuilder(uri).build();
      var wrong = HttpRequest.newBuilder(uri).header("Authorization", "Bearer no").build();
      var right = HttpRequest.newBuilder(uri).header("Authorization", "Bearer secret").build();
      var health = HttpRequest.newBuilder(uri.resolve("/health")).build();

      assertThat(client.send(without, BodyHandlers.ofString()).statusCode()).isEqualTo(401);
      assertThat(error(client.send(wrong, BodyHandlers.ofString())))
          .startsWith("The token is missing or wrong.");
      assertThat(client.send(right, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
      assertThat(client.send(health, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    }
  }

  private static ConfigurableApplicationContext started(String token) {
    return SpringApplication.run(
        TrainerApplication.class,
        "--server.port=0",
        "--millrace.trainer.threads=1",
        "--millrace.trainer.home=" + Path.of("target", "home"),
        "--millrace.trainer.store.url=" + store.address(),
        token);
  }

  private static String address(ConfigurableApplicationContext context) {
    return "http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port");
  }

  /** Asks ten times a second, for two minutes at most. */
  private static JsonNode awaitEnd(String path) throws Exception {
    for (int i = 0; i < 1200; i++) {
      var report = json(send("GET", path, ""));
      if (!OPEN.contains(report.path("state").asString())) {
        return report;
      }
      LockSupport.parkNanos(100_000_000);
    }
    throw new AssertionError("The retraining did not end: " + send("GET", path, "").body());
  }

  private static HttpResponse<String> send(String method, String path, String body)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(address + path))
            .method(method, BodyPublishers.ofString(body))
            .build();
    return client.send(request, BodyHandlers.ofString());
  }

  /**
   * The answer to a body that starts nothing, with headers that a client library would not send.
   */
  private static String posted(String server, String headers) throws IOException {
    var uri = URI.create(server);
    try (var socket = new Socket(uri.getHost(), uri.getPort())) {
      socket.setSoTimeout(20_000);
      var request =
          "POST /api/retrainings HTTP/1.1\r\nConnection: close\r\nContent-Length: 3\r\n"
              + headers
              + "\r\n[1]";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String error(HttpResponse<String> answer) {
    return json(answer).path("error").asString();
  }

  private static JsonNode json(HttpResponse<String> answer) {
    return JsonMapper.shared().readTree(answer.body());
  }
}
