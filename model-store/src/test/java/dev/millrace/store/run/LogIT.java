package dev.millrace.store.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.Point;
import dev.millrace.store.RunningStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class LogIT {
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
  @Point(15)
  void theLatestMetricIsTheLargestStepAndNotTheLastWritten() {
    metric("loss", "0.5", 10, 2);
    metric("loss", "0.9", 99, 1);
    assertThat(data().at("/metrics").toString())
        .isEqualTo("[{\"key\":\"loss\",\"value\":0.5,\"timestamp\":10,\"step\":2}]");
  }

  @Test
  @Point(15)
  void keepsTheSamePointOnceAndOrdersAHistoryByTime() {
    metric("loss", "0.9", 20, 1);
    metric("loss", "0.9", 20, 1);
    metric("loss", "0.5", 10, -2);
    var history = store.get("metrics/get-history?metric_key=loss&run_id=" + run).ok();
    assertThat(history.toString())
        .isEqualTo(
            """
            {"metrics":[{"key":"loss","value":0.5,"timestamp":10,"step":-2},\
            {"key":"loss","value":0.9,"timestamp":20,"step":1}]}""");
  }

  @Test
  @Point(20)
  void pagesThroughAHistory() {
    metric("loss", "3", 1, 1);
    metric("loss", "2", 2, 2);
    metric("loss", "1", 3, 3);
    var path = "metrics/get-history?metric_key=loss&max_results=2&run_id=" + run;
    var first = store.get(path).ok();
    assertThat(first.path("metrics")).hasSize(2);
    var second =
        store.get(path + "&page_token=" + RunningStore.text(first, "/next_page_token")).ok();
    assertThat(second.at("/metrics/0/value").asDouble()).isEqualTo(1);
    assertThat(second.has("next_page_token")).isFalse();
  }

  @Test
  @Point(15)
  void keepsNaNAndTheLargestNumbersForInfinities() {
    metric("nan", "\"NaN\"", 1, 0);
    metric("up", "\"Infinity\"", 1, 0);
    metric("down", "\"-Infinity\"", 1, 0);
    assertThat(data().at("/metrics").toString())
        .contains("{\"key\":\"nan\",\"value\":\"NaN\"")
        .contains("{\"key\":\"up\",\"value\":1.7976931348623157E308")
        .contains("{\"key\":\"down\",\"value\":-1.7976931348623157E308");
  }

  @Test
  @Point(5)
  void aParamWithoutAValueIsRefusedAndAnEmptyOneIsNot() {
    var body = "{\"run_id\":\"%s\",\"key\":\"rate\"%s}";
    store
        .post("runs/log-parameter", body.formatted(run, ""))
        .refused(400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'value'");
    store.post("runs/log-parameter", body.formatted(run, ",\"value\":\"\"")).ok();
    assertThat(data().at("/params").toString()).isEqualTo("[{\"key\":\"rate\",\"value\":\"\"}]");
  }

  @Test
  @Point(11)
  void aParamIsWrittenOnce() {
    var body = "{\"run_id\":\"%s\",\"key\":\"rate\",\"value\":\"%s\"}";
    store.post("runs/log-parameter", body.formatted(run, "1")).ok();
    store.post("runs/log-parameter", body.formatted(run, "1")).ok();
    store
        .post("runs/log-parameter", body.formatted(run, "2"))
        .refused(
            400,
            "INVALID_PARAMETER_VALUE",
            "Changing param values is not allowed. Param with key='rate'");
  }

  @Test
  @Point(13)
  void aRefusedBatchLeavesNothing() {
    batch("\"params\":[{\"key\":\"rate\",\"value\":\"1\"}]").ok();
    batch(
            """
            "metrics":[{"key":"loss","value":1,"timestamp":1}],"tags":[{"key":"new","value":"x"}],
            "params":[{"key":"other","value":"1"},{"key":"rate","value":"2"}]
            """)
        .refused(400, "INVALID_PARAMETER_VALUE", "Changing param values is not allowed");
    assertThat(data().has("metrics")).isFalse();
    assertThat(data().at("/params")).hasSize(1);
    // In quotes: a run may be called silent-newt.
    assertThat(data().at("/tags").toString()).doesNotContain("\"new\"");
  }

  @Test
  @Point({13, 14, 16})
  void refusesBatchesThatAreTooLargeOrContradictThemselves() {
    var many =
        IntStream.range(0, 101)
            .mapToObj(i -> "{\"key\":\"p" + i + "\",\"value\":\"1\"}")
            .collect(Collectors.joining(","));
    batch("\"params\":[" + many + "]")
        .refused(400, "INVALID_PARAMETER_VALUE", "at most 100 params. Got 101 params");
    batch("\"params\":[{\"key\":\"a\",\"value\":\"1\"},{\"key\":\"a\",\"value\":\"1\"}]")
        .refused(
            400, "INVALID_PARAMETER_VALUE", "Duplicate parameter keys have been submitted: [a]");
    batch("\"metrics\":[{\"key\":\"a/../b\",\"value\":1,\"timestamp\":1}]")
        .refused(400, "INVALID_PARAMETER_VALUE", "for parameter 'metrics[0].name' supplied");
    batch("\"metrics\":[{\"key\":\"a\",\"value\":1}]")
        .refused(400, "INVALID_PARAMETER_VALUE", "required parameter 'metrics[0].timestamp'");
    batch("\"metrics\":[{\"key\":\"a\",\"value\":1,\"timestamp\":1,\"step\":5.5}]")
        .refused(
            400, "INVALID_PARAMETER_VALUE", "Invalid value 5.5 for parameter 'metrics[0].step'");
    batch("\"metrics\":\"x\"")
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid value \"x\" for parameter 'metrics'");
  }

  @Test
  @Point(12)
  void cutsLongValuesAsMlflowDoes() {
    batch("\"params\":[{\"key\":\"long\",\"value\":\"" + "x".repeat(6001) + "\"}]").ok();
    assertThat(data().at("/params/0/value").asString()).hasSize(6000);
  }

  @Test
  void manyWritersAtOnceAllGetThrough() throws ExecutionException, InterruptedException {
    var writers = 32;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var answers = new ArrayList<Future<RunningStore.Answer>>();
      for (int i = 0; i < writers; i++) {
        var step = i;
        answers.add(
            threads.submit(
                () ->
                    batch(
                        "\"metrics\":[{\"key\":\"loss\",\"value\":1,\"timestamp\":%s,\"step\":%s}]"
                            .formatted(step, step))));
      }
      for (Future<RunningStore.Answer> answer : answers) {
        answer.get().ok();
      }
    }
    var history = store.get("metrics/get-history?metric_key=loss&run_id=" + run).ok();
    assertThat(history.path("metrics")).hasSize(writers);
    assertThat(data().at("/metrics/0/step").asInt()).isEqualTo(writers - 1);
  }

  private void metric(String key, String value, long timestamp, long step) {
    store
        .post(
            "runs/log-metric",
            "{\"run_id\":\"%s\",\"key\":\"%s\",\"value\":%s,\"timestamp\":%s,\"step\":%s}"
                .formatted(run, key, value, timestamp, step))
        .ok();
  }

  private RunningStore.Answer batch(String content) {
    return store.post("runs/log-batch", "{\"run_id\":\"" + run + "\"," + content + "}");
  }

  private JsonNode data() {
    return store.get("runs/get?run_id=" + run).ok().at("/run/data");
  }
}
