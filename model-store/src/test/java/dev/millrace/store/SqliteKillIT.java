package dev.millrace.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.mlflow.MlflowJson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Kills the store a hundred times while it is written to, and then looks for everything that it had
 * acknowledged. The moments differ from run to run, since nothing waits for a clock.
 */
class SqliteKillIT {
  private static final int KILLS = 100;
  private static final int METRICS_PER_BATCH = 3;
  private static final int MOST_ACKNOWLEDGEMENTS = 16;
  private static final int LIMIT_SECONDS = 60;
  private static final String ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/0/kill/";

  @TempDir private Path home;
  @TempDir private Path recording;
  private final Random random = new Random();
  private final AtomicInteger numbers = new AtomicInteger();
  // What was acknowledged, by all the workers.
  private final Map<Integer, String> batches = new ConcurrentHashMap<>();
  private final Map<String, String> files = new ConcurrentHashMap<>();
  private final Map<String, Boolean> removedRuns = new ConcurrentHashMap<>();
  private final AtomicInteger alias = new AtomicInteger(1);
  private final HttpClient http = HttpClient.newHttpClient();
  private String[] quickStart = {};
  private String run = "";

  /** One life of the store. */
  private final class Life implements AutoCloseable {
    private final StoreProcess process = StoreProcess.start(home, quickStart);

    // Set before the store dies: until then it owes an answer.
    private volatile boolean isKilled;

    private Life() throws IOException {}

    JsonNode post(String path, String json) throws IOException, InterruptedException {
      return send("POST", "/api/2.0/" + path, json);
    }

    JsonNode get(String path) throws IOException, InterruptedException {
      return send("GET", "/api/2.0/mlflow/" + path, "");
    }

    JsonNode send(String method, String path, String body)
        throws IOException, InterruptedException {
      var answer = http.send(request(method, path, body), BodyHandlers.ofString());
      if (answer.statusCode() == 404) {
        return MlflowJson.mapper().createObjectNode().put("missing", true);
      }
      if (answer.statusCode() != 200) {
        throw new AssertionError(method + " " + path + ": " + answer.body());
      }
      var tag = answer.headers().firstValue("etag").orElse("");
      return answer.body().startsWith("{")
          ? MlflowJson.mapper().readTree(answer.body())
          : MlflowJson.mapper().createObjectNode().put("etag", tag).put("text", answer.body());
    }

    private HttpRequest request(String method, String path, String body) {
      return HttpRequest.newBuilder(process.uri().resolve(path))
          .timeout(Duration.ofSeconds(LIMIT_SECONDS))
          .header("Content-Type", "application/json")
          .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
          .build();
    }

    @Override
    public void close() {
      isKilled = true;
      process.kill();
    }
  }

  /** Something that is written again and again until the store dies under it. */
  @FunctionalInterface
  private interface Work {
    void once(Life life) throws IOException, InterruptedException;
  }

  @Test
  void keepsWhatItAcknowledgedThroughAHundredKills() throws Exception {
    quickStart = StoreProcess.recordStart(recording);
    try (var life = new Life()) {
      prepare(life);
    }
    for (int kill = 1; kill < KILLS; kill++) {
      try (var life = new Life()) {
        writeUntilKilled(life);
      }
    }
    try (var life = new Life()) {
      checkBatches(life);
      checkAlias(life);
      // Before the files: it waits for those that the start goes on to delete.
      checkRemovals(life);
      checkFiles(life);
    }
    assertThat(batches).isNotEmpty();
    assertThat(files.keySet()).anyMatch(SqliteKillIT::isWhole).anyMatch(name -> !isWhole(name));
    assertThat(removedRuns).containsValue(true);
    System.out.printf(
        "SqliteKillIT: %s batches, %s files, %s alias moves, %s removals were acknowledged through"
            + " %s kills%n",
        batches.size(), files.size(), alias.get(), removedRuns.size(), KILLS);
  }

  private void prepare(Life life) throws IOException, InterruptedException {
    run = newRun(life);
    life.post("mlflow/registered-models/create", "{\"name\":\"m\"}");
    for (int version = 0; version < 2; version++) {
      life.post(
          "mlflow/model-versions/create",
          "{\"name\":\"m\",\"run_id\":\"%s\",\"source\":\"mlflow-artifacts:/0/%s/artifacts\"}"
              .formatted(run, run));
    }
    moveAlias(life);
  }

  private void writeUntilKilled(Life life) throws InterruptedException {
    var acknowledgements = new CountDownLatch(1 + random.nextInt(MOST_ACKNOWLEDGEMENTS));
    var failures = new ConcurrentHashMap<String, Throwable>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Work work :
          List.<Work>of(
              this::logBatch, this::upload, this::multipart, this::moveAlias, this::removeRun)) {
        threads.execute(
            () -> {
              try {
                while (true) {
                  work.once(life);
                  acknowledgements.countDown();
                }
              } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
                if (!(e instanceof IOException && life.isKilled)) {
                  failures.put(String.valueOf(e), e);
                  acknowledgements.countDown();
                }
              }
            });
      }
      try {
        assertThat(acknowledgements.await(LIMIT_SECONDS, TimeUnit.SECONDS))
            .as(() -> "acknowledged in time; failures: " + failures)
            .isTrue();
      } finally {
        // The workers end with it.
        life.close();
      }
    }
    assertThat(failures).isEmpty();
  }

  private void logBatch(Life life) throws IOException, InterruptedException {
    var number = numbers.incrementAndGet();
    var metrics = new StringBuilder();
    for (int i = 0; i < METRICS_PER_BATCH; i++) {
      metrics.append(
          "%s{\"key\":\"m%s\",\"value\":%s,\"timestamp\":%s,\"step\":%s}"
              .formatted(i == 0 ? "" : ",", i, number, number, number));
    }
    life.post(
        "mlflow/runs/log-batch",
        "{\"run_id\":\"%s\",\"metrics\":[%s],\"params\":[{\"key\":\"p%s\",\"value\":\"v%s\"}]}"
            .formatted(run, metrics, number, number));
    batches.put(number, "v" + number);
  }

  private void upload(Life life) throws IOException, InterruptedException {
    var number = numbers.incrementAndGet();
    life.send("PUT", ARTIFACTS + "file" + number, content(number));
    files.put("file" + number, content(number));
  }

  private void multipart(Life life) throws IOException, InterruptedException {
    var number = numbers.incrementAndGet();
    var name = "parts" + number;
    var created =
        life.post(
            "mlflow-artifacts/mpu/create/0/kill", "{\"path\":\"" + name + "\",\"num_parts\":2}");
    var parts = new StringBuilder();
    for (int part = 1; part <= 2; part++) {
      var link = URI.create(RunningStore.text(created, "/credentials/" + (part - 1) + "/url"));
      var sent =
          life.send("PUT", link.getRawPath() + "?" + link.getRawQuery(), content(number + part));
      parts.append(
          "%s{\"part_number\":%s,\"etag\":%s}"
              .formatted(part == 1 ? "" : ",", part, sent.path("etag")));
    }
    life.post(
        "mlflow-artifacts/mpu/complete/0/kill",
        "{\"path\":\"%s\",\"upload_id\":%s,\"parts\":[%s]}"
            .formatted(name, created.path("upload_id"), parts));
    files.put(name, content(number + 1) + content(number + 2));
  }

  private void moveAlias(Life life) throws IOException, InterruptedException {
    // Another worker's move would make it unclear which came last.
    var next = alias.get() + 1;
    life.post(
        "mlflow/registered-models/alias",
        "{\"name\":\"m\",\"alias\":\"champion\",\"version\":\"%s\",\"reason\":\"%s\"}"
            .formatted(versionOf(next), next));
    alias.set(next);
  }

  private void removeRun(Life life) throws IOException, InterruptedException {
    var doomed = newRun(life);
    removedRuns.put(doomed, false);
    life.post(
        "mlflow/runs/log-batch",
        "{\"run_id\":\"%s\",\"params\":[{\"key\":\"p\",\"value\":\"1\"}]}".formatted(doomed));
    life.send("PUT", "/api/2.0/mlflow-artifacts/artifacts/0/" + doomed + "/artifacts/f", "content");
    life.post("mlflow/runs/delete", "{\"run_id\":\"" + doomed + "\"}");
    life.post("mlflow/gc", "{\"run_ids\":[\"" + doomed + "\"]}");
    removedRuns.put(doomed, true);
  }

  private void checkBatches(Life life) throws IOException, InterruptedException {
    var steps = new HashMap<Integer, Integer>();
    for (int i = 0; i < METRICS_PER_BATCH; i++) {
      for (JsonNode point :
          life.get("metrics/get-history?max_results=25000&metric_key=m" + i + "&run_id=" + run)
              .path("metrics")) {
        steps.merge(point.path("step").asInt(), 1, Integer::sum);
      }
    }
    assertThat(steps.keySet()).containsAll(batches.keySet());
    assertThat(steps.values()).as("points of each batch").containsOnly(METRICS_PER_BATCH);
    var params = new TreeMap<String, String>();
    life.get("runs/get?run_id=" + run)
        .at("/run/data/params")
        .forEach(param -> params.put(param.path("key").asString(), param.path("value").asString()));
    batches.forEach((number, value) -> assertThat(params).containsEntry("p" + number, value));
    assertThat(params).hasSameSizeAs(steps.keySet());
  }

  private void checkFiles(Life life) throws IOException, InterruptedException {
    for (var file : files.entrySet()) {
      assertThat(life.send("GET", ARTIFACTS + file.getKey(), "").path("text").asString())
          .isEqualTo(file.getValue());
    }
    // Those that nobody heard of any more are whole too, and half of one lies nowhere.
    try (Stream<Path> visible = Files.list(home.resolve("store/artifacts/0/kill"))) {
      for (Path file : visible.toList()) {
        var name = String.valueOf(file.getFileName());
        var number = Integer.parseInt(name.replaceAll("\\D", ""));
        var whole = isWhole(name) ? content(number) : content(number + 1) + content(number + 2);
        assertThat(file).hasContent(whole);
      }
    }
    assertThat(home.resolve("store/uploads")).isEmptyDirectory();
  }

  /** Came at once, and not in parts. */
  private static boolean isWhole(String name) {
    return name.startsWith("file");
  }

  private void checkAlias(Life life) throws IOException, InterruptedException {
    var moves = moves(life);
    var newest = moves.getFirst();
    // The last move may have been made without an answer.
    assertThat(newest).isBetween(alias.get(), alias.get() + 1);
    // Once each: what was made without an answer and is asked for again changes nothing.
    assertThat(moves)
        .isEqualTo(IntStream.iterate(newest, move -> move > 1, move -> move - 1).boxed().toList());
    assertThat(champion(life)).isEqualTo(versionOf(newest));
    moveAlias(life);
    assertThat(champion(life)).isEqualTo(versionOf(alias.get()));
  }

  /** The numbers of the moves, the newest first. */
  private List<Integer> moves(Life life) throws IOException, InterruptedException {
    var moves = new ArrayList<Integer>();
    var token = "";
    do {
      var page =
          life.get(
              "registered-models/alias/history?name=m&alias=champion&max_results=1000&page_token="
                  + token);
      page.path("moves")
          .forEach(move -> moves.add(Integer.valueOf(RunningStore.text(move, "/reason"))));
      token = page.path("next_page_token").asString("");
    } while (!token.isEmpty());
    return moves;
  }

  private static int champion(Life life) throws IOException, InterruptedException {
    return life.get("registered-models/alias?name=m&alias=champion")
        .at("/model_version/version")
        .asInt();
  }

  private static int versionOf(int move) {
    return 1 + move % 2;
  }

  private void checkRemovals(Life life) throws IOException, InterruptedException {
    // Goes on with what the last kill interrupted.
    life.post("mlflow/gc", "{\"older_than\":\"1d\"}");
    for (var removed : removedRuns.entrySet()) {
      var folder = home.resolve("store/artifacts/0").resolve(removed.getKey());
      if (life.get("runs/get?run_id=" + removed.getKey()).has("missing")) {
        assertThat(folder).doesNotExist();
      } else {
        assertThat(removed.getValue()).as("acknowledged removal").isFalse();
      }
    }
  }

  private static String newRun(Life life) throws IOException, InterruptedException {
    return RunningStore.text(
        life.post("mlflow/runs/create", "{\"experiment_id\":\"0\"}"), "/run/info/run_id");
  }

  /** Different for each number, and long enough for several writes. */
  private static String content(int number) {
    return (number + ":").repeat(10_000);
  }
}
