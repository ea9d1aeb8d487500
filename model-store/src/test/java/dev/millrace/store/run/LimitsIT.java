package dev.millrace.store.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.Point;
import dev.millrace.store.RunningStore;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** How long and how many things may be that runs log, and what happens beyond. */
class LimitsIT {
  @TempDir private static Path home;
  private static RunningStore store;
  private String run;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @BeforeEach
  void startRun() {
    run = store.run("0");
  }

  @Test
  @Point(12)
  void cutsLongValuesSilently() {
    batch("\"params\":[{\"key\":\"p\",\"value\":\"" + "x".repeat(6_001) + "\"}]").ok();
    batch("\"tags\":[{\"key\":\"t\",\"value\":\"" + "x".repeat(8_001) + "\"}]").ok();
    assertThat(data().at("/params/0/value").asString()).hasSize(6_000);
    assertThat(data().at("/tags/1/value").asString()).hasSize(8_000);
    store
        .post(
            "runs/log-parameter",
            "{\"run_id\":\"%s\",\"key\":\"p\",\"value\":\"%s\"}".formatted(run, "x".repeat(7_000)))
        .ok();
  }

  @ParameterizedTest
  @Point(12)
  @CsvSource({
    "metrics, 'Metric name', ',\"value\":1,\"timestamp\":1'",
    "params, 'Param key', ',\"value\":\"1\"'",
    "tags, 'Tag key', ',\"value\":\"1\"'"
  })
  void refusesLongKeys(String list, String name, String more) {
    var entry = "\"%s\":[{\"key\":\"%s\"%s}]";
    batch(entry.formatted(list, "k".repeat(250), more)).ok();
    batch(entry.formatted(list, "k".repeat(251), more))
        .refused(
            400,
            "INVALID_PARAMETER_VALUE",
            "'%s' exceeds the maximum length of 250 characters".formatted(name));
  }

  @Test
  @Point(13)
  void boundsABatch() {
    refusedBatch("\"metrics\":[" + metrics(1_001) + "]", "at most 1000 metrics. Got 1001 metrics");
    refusedBatch("\"params\":[" + texts(101) + "]", "at most 100 params. Got 101 params");
    refusedBatch("\"tags\":[" + texts(101) + "]", "at most 100 tags. Got 101 tags");
    refusedBatch(
        "\"metrics\":[" + metrics(901) + "],\"tags\":[" + texts(100) + "]", "at most 1000");
    batch(
            "\"metrics\":["
                + metrics(800)
                + "],\"params\":["
                + texts(100)
                + "],\"tags\":["
                + texts(100)
                + "]")
        .ok();
    assertThat(data().path("metrics")).hasSize(800);
    assertThat(data().path("params")).hasSize(100);
  }

  @Test
  @Point(13)
  void aRefusedBatchKeepsNothingOfIt() {
    batch("\"params\":[{\"key\":\"p\",\"value\":\"1\"}]").ok();
    refusedBatch(
        """
        "metrics":[{"key":"m","value":1,"timestamp":1}],"tags":[{"key":"t","value":"x"}],
        "params":[{"key":"new","value":"1"},{"key":"p","value":"2"}]""",
        "Changing param values is not allowed. Param with key='p' was already logged with value='1'");
    assertThat(data().has("metrics")).isFalse();
    assertThat(data().path("params")).hasSize(1);
    assertThat(data().path("tags")).hasSize(1);
  }

  @Test
  @Point(14)
  void keysAreWordsOfAnyScript() {
    batch("\"tags\":[{\"key\":\"größe/a b:c.d-e_f\",\"value\":\"1\"}]").ok();
    refusedBatch(
        "\"tags\":[{\"key\":\"a+b\",\"value\":\"1\"}]",
        "Invalid value \"a+b\" for parameter 'tags[0].key' supplied: Names may only contain alphanumerics");
    refusedBatch(
        "\"tags\":[{\"key\":\"/a\",\"value\":\"1\"}]",
        "Invalid value \"/a\" for parameter 'tags[0].key' supplied: Names may be treated as files");
    refusedBatch(
        "\"tags\":[{\"key\":\"a/../b\",\"value\":\"1\"}]", "This name would resolve to 'b'");
  }

  @Test
  @Point(15)
  void aBatchMayHaveManyPointsOfOneMetric() {
    batch(
            """
            "metrics":[{"key":"m","value":3,"timestamp":5,"step":2},{"key":"m","value":9,"timestamp":9,"step":1},
            {"key":"m","value":4,"timestamp":5,"step":2},{"key":"m","value":4,"timestamp":5,"step":2},
            {"key":"n","value":"NaN","timestamp":5,"step":2},{"key":"n","value":-1,"timestamp":5,"step":2}]
            """)
        .ok();
    assertThat(data().path("metrics").toString())
        .isEqualTo(
            """
            [{"key":"m","value":4.0,"timestamp":5,"step":2},{"key":"n","value":"NaN","timestamp":5,"step":2}]""");
    var history = store.get("metrics/get-history?metric_key=m&run_id=" + run).ok();
    assertThat(history.path("metrics")).hasSize(3);
    batch("\"metrics\":[{\"key\":\"m\",\"value\":1,\"timestamp\":6,\"step\":2}]").ok();
    assertThat(data().at("/metrics/0/value").asDouble()).isEqualTo(1);
  }

  @Test
  @Point(16)
  void refusesNumbersThatAreNone() {
    refusedBatch(
        "\"metrics\":[{\"key\":\"m\",\"value\":1,\"timestamp\":1,\"step\":5.5}]",
        "Invalid value 5.5 for parameter 'metrics[0].step'");
    refusedBatch("\"metrics\":[{\"key\":\"m\",\"value\":NaN,\"timestamp\":1}]", "not valid JSON");
    refusedBatch(
        "\"metrics\":[{\"key\":\"m\",\"value\":\"x\",\"timestamp\":1}]",
        "Invalid value \"x\" for parameter 'metrics[0].value'");
    assertThat(data().has("metrics")).isFalse();
  }

  @ParameterizedTest
  @Point(20)
  @CsvSource({"runs/search, 50000", "experiments/search, 50000", "logged-models/search, 50000"})
  void boundsTheResultsOfSearches(String path, int most) {
    var body = "{\"experiment_ids\":[\"0\"],\"max_results\":%s}";
    store.post(path, body.formatted(most)).ok();
    store
        .post(path, body.formatted(most + 1))
        .refused(
            400,
            "INVALID_PARAMETER_VALUE",
            "Invalid value %s for parameter 'max_results' supplied. It must be at most %s"
                .formatted(most + 1, most));
    store
        .post(path, body.formatted(0))
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid value 0 for parameter 'max_results'");
    store
        .post(path, "{\"experiment_ids\":[\"0\"],\"max_results\":1,\"page_token\":\"???\"}")
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid page token, could not base64-decode");
  }

  private void refusedBatch(String content, String message) {
    batch(content).refused(400, "INVALID_PARAMETER_VALUE", message);
  }

  private RunningStore.Answer batch(String content) {
    return store.post("runs/log-batch", "{\"run_id\":\"" + run + "\"," + content + "}");
  }

  private JsonNode data() {
    return store.get("runs/get?run_id=" + run).ok().at("/run/data");
  }

  private static String metrics(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "{\"key\":\"m" + i + "\",\"value\":1,\"timestamp\":1}")
        .collect(Collectors.joining(","));
  }

  private static String texts(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "{\"key\":\"k" + i + "\",\"value\":\"1\"}")
        .collect(Collectors.joining(","));
  }
}
