package dev.millrace.store.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.mlflow.MlflowJson;
import dev.millrace.store.RunningStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class RunSearchIT {
  @TempDir private static Path home;
  private static RunningStore store;
  private static String experiment;

  /** Three runs: good and bad with a number, broken with NaN; newest last. */
  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
    experiment = store.experiment("search");
    log(create("good", 1000), "0.9", "adam", "Yes");
    log(create("bad", 2000), "0.1", "sgd", "No");
    log(create("broken", 3000), "\"NaN\"", "sgd", "no");
    create("empty", 4000);
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          metrics.acc > 0.5                               | good
          metric.acc <= 0.9                               | bad good
          metrics.acc != 0.9                              | bad
          metrics.`acc` >= 0.1 AND params.opt = 'adam'    | good
          params.opt = "sgd"                              | broken bad
          params.opt != 'sgd'                             | good
          params.opt LIKE 'a%'                            | good
          tags.ok = 'No'                                  | bad
          tags.ok LIKE 'n_'                               | broken
          tags.ok ILIKE 'N%'                              | broken bad
          tags.`two words` = 'x'                          | good bad broken
          params.opt IS NULL                              | empty
          params.opt is not null and tags.ok = 'Yes'      | good
          attributes.status = 'RUNNING'                   | empty broken bad good
          run_name = 'good'                               | good
          `run name` != 'good'                            | empty broken bad
          start_time > 1000 AND start_time < 3000         | bad
          attr.created >= 4e3                             | empty
          tags.mlflow.runName = 'bad'                     | bad
          dataset.name = 'digits'                         | good bad broken
          datasets.context = 'train' and dataset.digest IN ('abc', 'x') | good bad broken
          """)
  void findsByFilter(String filter, String names) {
    assertThat(search(Map.of("filter", filter))).containsExactlyInAnyOrder(names.split(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          metrics.acc         | bad good broken empty
          metrics.acc DESC    | good bad broken empty
          params.opt desc     | broken bad good empty
          tags.ok ASC         | bad good broken empty
          start_time          | good bad broken empty
          attributes.run_name DESC | good empty broken bad
          """)
  void ordersNumbersBeforeNaNBeforeNothing(String order, String names) {
    assertThat(search(Map.of("order_by", List.of(order)))).containsExactly(names.split(" "));
  }

  @Test
  void theNewestComesFirst() {
    assertThat(search(Map.of())).containsExactly("empty", "broken", "bad", "good");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "metrics.acc > 1 OR metrics.acc < 1",
        "NOT metrics.acc > 1",
        "(metrics.acc > 1)",
        "metrics.acc",
        "metrics.acc > '1'",
        "params.opt = 1",
        "params.opt > 'a'",
        "metrics.acc IS NULL",
        "bogus = 'x'",
        "foo.x = 1",
        "status IN ('FINISHED')",
        "run_id IN (1)",
        "run_id IN ('a'",
        "x =",
        "= 'a'",
        "tags.x = 'unterminated",
        "tags.ok = 'a'; DROP TABLE runs"
      })
  void refusesWhatTheGrammarDoesNotHave(String filter) {
    store
        .post("runs/search", body(Map.of("filter", filter)))
        .refused(400, "INVALID_PARAMETER_VALUE", "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"start_time FOO", "foo", "dataset.name", "metrics.acc; --", ""})
  void refusesOrdersThatMakeNoSense(String order) {
    store
        .post("runs/search", body(Map.of("order_by", List.of(order))))
        .refused(400, "INVALID_PARAMETER_VALUE", "");
  }

  @Test
  void pagesAndSearchesOnlyTheseExperiments() {
    var first = store.post("runs/search", body(Map.of("max_results", 3))).ok();
    assertThat(first.path("runs")).hasSize(3);
    var token = RunningStore.text(first, "/next_page_token");
    assertThat(search(Map.of("max_results", 3, "page_token", token))).containsExactly("good");
    assertThat(store.post("runs/search", "{}").ok().toString()).isEqualTo("{}");
  }

  @Test
  void showsDeletedRunsOnlyWhenAsked() {
    var other = store.experiment("deleted runs");
    var run = store.run(other);
    store.post("runs/delete", "{\"run_id\":\"" + run + "\"}").ok();
    var query = "{\"experiment_ids\":[\"" + other + "\"],\"run_view_type\":\"%s\"}";
    assertThat(store.post("runs/search", query.formatted("ACTIVE_ONLY")).ok().has("runs"))
        .isFalse();
    assertThat(store.post("runs/search", query.formatted("DELETED_ONLY")).ok().path("runs"))
        .hasSize(1);
    assertThat(store.post("runs/search", query.formatted("ALL")).ok().path("runs")).hasSize(1);
  }

  private static String create(String name, long start) {
    var body = Map.of("experiment_id", experiment, "run_name", name, "start_time", start);
    var created = store.post("runs/create", MlflowJson.mapper().writeValueAsString(body)).ok();
    return RunningStore.text(created, "/run/info/run_id");
  }

  private static void log(String run, String accuracy, String optimizer, String ok) {
    store
        .post(
            "runs/log-batch",
            """
            {"run_id":"%s","metrics":[{"key":"acc","value":%s,"timestamp":1}],
             "params":[{"key":"opt","value":"%s"}],"tags":[{"key":"ok","value":"%s"},{"key":"two words","value":"x"}]}
            """
                .formatted(run, accuracy, optimizer, ok))
        .ok();
    store
        .post(
            "runs/log-inputs",
            """
            {"run_id":"%s","datasets":[{"tags":[{"key":"mlflow.data.context","value":"train"}],
             "dataset":{"name":"digits","digest":"abc"}}]}
            """
                .formatted(run))
        .ok();
  }

  private static String body(Map<String, ?> query) {
    var body = new HashMap<String, Object>(query);
    body.put("experiment_ids", List.of(experiment));
    return MlflowJson.mapper().writeValueAsString(body);
  }

  private static List<String> search(Map<String, ?> query) {
    var names = new ArrayList<String>();
    for (JsonNode run : store.post("runs/search", body(query)).ok().path("runs")) {
      names.add(run.at("/info/run_name").asString());
    }
    return names;
  }
}
