package dev.millrace.store.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.RunningStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class HistoryIT {
  private static final String SAMPLED = "metrics/get-history-bulk-interval?metric_key=loss";
  private static final String BULK =
      "/ajax-api/2.0/mlflow/metrics/get-history-bulk?metric_key=loss";

  @TempDir private static Path home;
  private static RunningStore store;
  private static String ten;
  private static String few;

  /** One run with a point at each step from -1 to 9, and one with points at 3 and 20. */
  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
    ten = store.run("0");
    few = store.run("0");
    log(ten, IntStream.rangeClosed(-1, 9).boxed().toList());
    log(few, List.of(3, 20));
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  void takesPointsAtEvenDistancesAndTheLast() {
    var path = SAMPLED + "&run_ids=" + ten;
    assertThat(steps(path)).containsExactly(-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(steps(path + "&max_results=5")).containsExactly(-1, 2, 4, 6, 9);
    assertThat(steps(path + "&max_results=10")).containsExactly(-1, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(steps(path + "&max_results=1")).containsExactly(9);
  }

  @Test
  void samplesInsideAnInterval() {
    var path = SAMPLED + "&run_ids=" + ten;
    assertThat(steps(path + "&start_step=-1&end_step=3")).containsExactly(-1, 0, 1, 2, 3);
    assertThat(steps(path + "&start_step=4&end_step=4")).containsExactly(4);
    assertThat(steps(path + "&start_step=5&end_step=9&max_results=2")).containsExactly(5, 9);
    assertThat(steps(path + "&start_step=30&end_step=40")).isEmpty();
  }

  @Test
  void takesTheSameNumberOfEachRun() {
    var points =
        store
            .get(SAMPLED + "&max_results=2&run_ids=" + ten + "&run_ids=" + few)
            .ok()
            .path("metrics");
    assertThat(points)
        .extracting(point -> point.path("run_id").asString() + " " + point.path("step").asInt())
        .containsExactly(ten + " -1", ten + " 9", few + " 3", few + " 20");
    assertThat(points.get(1).toString())
        .isEqualTo(
            "{\"key\":\"loss\",\"value\":9.0,\"timestamp\":109,\"step\":9,\"run_id\":\"%s\"}"
                .formatted(ten));
  }

  @Test
  void asksForNothingWhereNothingIs() {
    assertThat(store.get(SAMPLED + "&run_ids=nobody").ok().toString()).isEqualTo("{}");
    assertThat(store.send(store.request(BULK + "&run_id=nobody")).ok().toString())
        .isEqualTo("{\"metrics\":[]}");
  }

  @Test
  void refusesIntervalsThatMakeNoSense() {
    var path = SAMPLED + "&run_ids=" + ten;
    refused(path + "&start_step=1", "If either start step or end step are specified, both must be");
    refused(
        path + "&start_step=2&end_step=1",
        "end_step must be greater than start_step. Found start_step=2 and end_step=1.");
    refused(path + "&max_results=0", "max_results must be between 1 and 2500.");
    refused(path + "&max_results=2501", "max_results must be between 1 and 2500.");
    refused(path + "&start_step=x&end_step=1", "Invalid value \"x\" for parameter 'start_step'");
    refused(SAMPLED, "Missing value for required parameter 'run_ids'");
    refused(
        "metrics/get-history-bulk-interval?run_ids=" + ten,
        "Missing value for required parameter 'metric_key'");
    refused(
        SAMPLED + "&run_ids=a".repeat(101),
        "GetMetricHistoryBulkInterval request must specify at most 100 run_ids. Received 101 run_ids.");
  }

  @Test
  void givesBrowsersTheHistoriesOfSeveralRuns() {
    var all = store.send(store.request(BULK + "&run_id=" + ten + "&run_id=" + few)).ok();
    assertThat(all.path("metrics")).hasSize(13);
    var some = store.send(store.request(BULK + "&max_results=3&run_id=" + ten)).ok();
    assertThat(some.path("metrics")).hasSize(3);
    assertThat(some.at("/metrics/0/run_id").asString()).isEqualTo(ten);
    var bulk = "metrics/get-history-bulk";
    refused(
        bulk + "?metric_key=x", "GetMetricHistoryBulk request must specify at least one run_id.");
    refused(bulk + "?run_id=x", "GetMetricHistoryBulk request must specify a metric_key.");
    refused(
        bulk + "?metric_key=x" + "&run_id=a".repeat(101),
        "GetMetricHistoryBulk request cannot specify more than 100 run_ids. Received 101 run_ids.");
  }

  private static void log(String run, List<Integer> steps) {
    var metrics =
        steps.stream()
            .map(
                step ->
                    "{\"key\":\"loss\",\"value\":%s,\"timestamp\":%s,\"step\":%s}"
                        .formatted(step, 100 + step, step))
            .collect(Collectors.joining(","));
    store
        .post("runs/log-batch", "{\"run_id\":\"%s\",\"metrics\":[%s]}".formatted(run, metrics))
        .ok();
  }

  private static List<Integer> steps(String path) {
    var steps = new ArrayList<Integer>();
    for (JsonNode point : store.get(path).ok().path("metrics")) {
      steps.add(point.path("step").asInt());
    }
    return steps;
  }

  private static void refused(String path, String message) {
    store.get(path).refused(400, "INVALID_PARAMETER_VALUE", message);
  }
}
