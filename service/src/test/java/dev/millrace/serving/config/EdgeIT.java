package dev.millrace.serving.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.serving.api.edge.RawClient;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the whole service does with clients that do not keep to the rules. */
@Timeout(60)
class EdgeIT {
  private static final String ONE_ROW =
      "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}]}";

  @TempDir private static Path temporary;
  private static RunningService service;

  @BeforeAll
  static void start() throws IOException {
    var models = temporary.resolve("models");
    FixtureRepository.addPairs(models);
    service =
        RunningService.serving(
            models,
            temporary.resolve("home"),
            "--serving.http.max-body=4KB",
            "--serving.http.idle-timeout=3s");
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  void countsRefusalsWithTheServedModelThatTheyName() throws IOException {
    double before = failures("pairs", "1", "OTHER");
    assertThat(status(post("pairs/infer", 4_097))).isEqualTo(413);
    assertThat(status(post("pairs/versions/1/infer", 5_000))).isEqualTo(413);
    assertThat(status(post("pairs/infer", 0))).isEqualTo(400);
    assertThat(status("GET /v2/models/pairs/infer HTTP/1.1\nHost: x\n\n")).isEqualTo(405);
    assertThat(failures("pairs", "1", "OTHER")).isEqualTo(before + 4);
  }

  @Test
  void countsAClientThatLeavesInTheMiddleOfItsRequest() throws IOException {
    double before = failures("pairs", "1", "CANCELED");
    try (var client = client()) {
      client.sendHead(post("pairs/infer", 100) + "the first bytes");
    }
    await().until(() -> failures("pairs", "1", "CANCELED") == before + 1);
  }

  @Test
  void countsRequestsForUnknownModelsUnderOneNameWhateverTheyAsk() throws IOException {
    double before = failures("-", "-", "OTHER");
    long series = metrics().lines().count();
    for (int i = 0; i < 50; i++) {
      try (var client = client()) {
        client.post("/v2/models/nobody-" + i + "/infer", "", ONE_ROW.getBytes(UTF_8));
        assertThat(client.read().status()).isEqualTo(404);
      }
    }
    assertThat(status(post("pairs/versions/77/infer", 0))).isEqualTo(400);
    assertThat(status("no HTTP\n\n")).isEqualTo(400);
    assertThat(failures("-", "-", "OTHER")).isEqualTo(before + 52);
    assertThat(metrics()).doesNotContain("nobody-").doesNotContain("\"77\"");
    assertThat(metrics().lines().count()).isEqualTo(series);
  }

  @Test
  void closesConnectionsThatAreIdle() throws IOException {
    try (var silent = client();
        var used = client();
        var console = client()) {
      assertThat(used.post("/v2/models/pairs/infer", "", ONE_ROW.getBytes(UTF_8)).read().status())
          .isEqualTo(200);
      console.sendHead("GET /v2/health/ready HTTP/1.1\nHost: x\n\n");
      assertThat(console.read().status()).isEqualTo(200);
      assertThat(silent.isClosedByServer()).isTrue();
      assertThat(used.isClosedByServer()).isTrue();
      assertThat(console.isClosedByServer()).isTrue();
    }
  }

  private static String post(String target, int contentLength) {
    return "POST /v2/models/%s HTTP/1.1\nHost: x\nContent-Length: %d\n\n"
        .formatted(target, contentLength);
  }

  private static int status(String request) throws IOException {
    try (var client = client()) {
      return client.sendHead(request).read().status();
    }
  }

  private static RawClient client() throws IOException {
    return new RawClient(service.http("/").getPort());
  }

  private static double failures(String model, String version, String reason) {
    var series =
        "nv_inference_request_failure{model=\"%s\",reason=\"%s\",version=\"%s\"} "
            .formatted(model, reason, version);
    return metrics()
        .lines()
        .filter(line -> line.startsWith(series))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length())))
        .findFirst()
        .orElseThrow();
  }

  private static String metrics() {
    return new String(service.get(service.management("/metrics")).body(), UTF_8);
  }
}
