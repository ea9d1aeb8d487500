package dev.millrace.store.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.mlflow.MlflowJson;
import dev.millrace.store.Point;
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
          metrics.acc != 0.9                              | bad broken
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
          dataset.digest NOT IN ('abc')                   | ''
          metrics.acc > 0.5 OR params.opt = 'sgd'         | good bad broken
          metrics.acc > 0.5 OR tags.ok = 'No' AND params.opt = 'adam' | good
          (metrics.acc > 0.5 OR tags.ok = 'No') AND params.opt = 'sgd' | bad
          NOT metrics.acc > 0.5                           | bad broken empty
          NOT (params.opt = 'sgd' OR end_time > 5)        | good empty
          NOT end_time > 5                                | good bad broken empty
          NOT tags.ok LIKE 'n_' AND NOT params.opt IS NULL | good bad
          `metrics`.acc > 0.5                             | good
          "run name" = 'good'                           | good
          run.Created = 1000                              | good
          """)
  @Point({17, 18, 19})
  void findsByFilter(String filter, String names) {
    assertThat(search(Map.of("filter", filter)))
        .containsExactlyInAnyOrder(names.isEmpty() ? new String[0] : names.split(" "));
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
  @Point(19)
  void ordersNumbersBeforeNaNBeforeNothing(String order, String names) {
    assertThat(search(Map.of("order_by", List.of(order)))).containsExactly(names.split(" "));
  }

  @Test
  @Point(19)
  void theNewestComesFirst() {
    assertThat(search(Map.of())).containsExactly("empty", "broken", "bad", "good");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
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
        "metrics.acc > 1 OR",
        "NOT",
        "(metrics.acc > 1",
        "METRICS.acc > 1",
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
  @Point({17, 18})
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          metrics.acc                  | Invalid clause(s) in filter string:
          metrics.acc > '0.5'          | Expected numeric value type for metric. Found '0.5'
          metrics.acc > x              | Expected numeric value type for metric. Found x
          metrics.acc IS NULL          | IS NULL / IS NOT NULL is only supported for tags and params, not for 'metric' 'acc'
          start_time > '5'             | Expected numeric value type for numeric attribute: start_time. Found '5'
          params.opt = 1               | Expected a quoted string value for parameter (e.g. 'my-value'). Got value 1
          tags.ok = 1                  | Expected a quoted string value for tag (e.g. 'my-value'). Got value 1
          run_name = 1                 | Expected a quoted string value for attributes
          dataset.name = 1             | Expected a quoted string value for dataset attributes
          params.opt = adam            | Parameter value is either not quoted or unidentified quote types used for string value adam.
          params.opt > 'a'             | Invalid comparator '>'
          status IN ('FINISHED')       | Only ['run_id'] attributes support comparison with a list of quoted string values.
          run_id IN (1)                | While parsing a list in the query, expected a non-empty list of string values, but
          bogus = 'x'                  | Invalid attribute key 'bogus' specified. Valid keys are
          dataset.bogus = 'x'          | Invalid dataset key 'bogus' specified. Valid keys are
          foo.x = 1                    | Invalid entity type 'foo'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']
          """)
  void saysWhatIsWrongWithAFilter(String filter, String message) {
    var answer = store.post("runs/search", body(Map.of("filter", filter)));
    answer.refused(400, "INVALID_PARAMETER_VALUE", message);
  }

  @Test
  @Point(19)
  void saysWhatIsWrongWithAnOrder() {
    refusedOrder(
        List.of("start_time FOO"), "Invalid ordering key in order_by clause 'start_time FOO'");
    refusedOrder(
        List.of("start_time DESC x"),
        "Invalid order_by clause 'start_time DESC x'. Could not be parsed.");
    refusedOrder(List.of("bogus"), "Invalid attribute key 'bogus' specified");
    refusedOrder(
        List.of("metrics.acc", "metrics.acc DESC"),
        "`order_by` contains duplicate fields: [metrics.acc, metrics.acc DESC]");
  }

  private static void refusedOrder(List<String> orders, String message) {
    store
        .post("runs/search", body(Map.of("order_by", orders)))
        .refused(400, "INVALID_PARAMETER_VALUE", message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"start_time FOO", "foo", "dataset.name", "metrics.acc; --", ""})
  void refusesOrdersThatMakeNoSense(String order) {
    store
        .post("runs/search", body(Map.of("order_by", List.of(order))))
        .refused(400, "INVALID_PARAMETER_VALUE", "");
  }

  @Test
  @Point({6, 20})
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
