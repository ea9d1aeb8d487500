package dev.millrace.store.loggedmodel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.Point;
import dev.millrace.store.RunningStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class LoggedModelSearchIT {
  @TempDir private static Path home;
  private static RunningStore store;
  private static String experiment;
  private static String run;

  /**
   * Three models: small and large are measured on two data sets, where their order differs; new is
   * measured on nothing.
   */
  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
    experiment = store.experiment("models");
    run = store.run(experiment);
    var small = create("small", "a");
    measure(small, "0.9", 1, "train", "t1");
    measure(small, "0.2", 2, "held out", "h1");
    // Newer, but at an earlier step.
    measure(small, "0.5", 3, "train", "t2");
    var large = create("large", "b");
    measure(large, "0.7", 1, "train", "t1");
    measure(large, "0.6", 2, "held out", "h1");
    create("new", "b");
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          name = 'small'                               | small
          attributes.name != 'small'                   | large new
          params.kind = 'b'                            | large new
          tags.kind LIKE 'A'                           | ~~
          tags.kind ILIKE 'A'                          | small
          metrics.acc > 0.8                            | small
          metrics.acc < 0.3 OR params.kind = 'b'       | small large new
          status = 'PENDING' AND creation_timestamp > 5 | small large new
          creation_time > 5                            | small large new
          source_run_id = 'nobody'                     | ~~
          params.kind IN ('b', 'c')                    | large new
          tags.kind NOT IN ('b') AND name IN ('small') | small
          """)
  void findsByFilter(String filter, String names) {
    assertThat(names("\"filter\":\"" + filter + "\""))
        .containsExactlyInAnyOrder(names.isEmpty() ? new String[0] : names.split(" "));
  }

  @Test
  void dataSetsRestrictTheMetricsOfTheFilter() {
    assertThat(names("\"filter\":\"metrics.acc > 0.55\"," + datasets("held out", "")))
        .containsExactly("large");
    assertThat(names("\"filter\":\"metrics.acc > 0.55\"," + datasets("train", "t2"))).isEmpty();
    assertThat(names("\"filter\":\"metrics.acc = 0.5\"," + datasets("train", "t2")))
        .containsExactly("small");
    assertThat(names(datasets("train", ""))).containsExactlyInAnyOrder("large", "small");
    assertThat(names(datasets("train", "t2"))).containsExactly("small");
    assertThat(names(datasets("nothing", ""))).isEmpty();
  }

  @Test
  void sortsByTheNewestValueAndPutsModelsWithoutOneLast() {
    assertThat(names(order("metrics.acc", "true"))).containsExactly("small", "large", "new");
    assertThat(names(order("metrics.acc", "false"))).containsExactly("large", "small", "new");
    assertThat(names(order("metrics.acc", "false,\"dataset_name\":\"held out\"")))
        .containsExactly("large", "small", "new");
    var first = "false,\"dataset_name\":\"train\",\"dataset_digest\":\"t1\"";
    assertThat(names(order("metrics.acc", first))).containsExactly("small", "large", "new");
    assertThat(names(order("name", "true"))).containsExactly("large", "new", "small");
    assertThat(names(order("creation_time", "true"))).first().isIn("small", "large");
    assertThat(names("\"order_by\":[{\"field_name\":\"name\"}]"))
        .containsExactly("large", "new", "small");
  }

  @Test
  @Point(20)
  void pages() {
    var query =
        "{\"experiment_ids\":[\"%s\"],\"max_results\":2,%s"
            .formatted(experiment, order("name", "true"));
    var first = store.post("logged-models/search", query + "}").ok();
    assertThat(first.path("models")).hasSize(2);
    var token = RunningStore.text(first, "/next_page_token");
    var second =
        store.post("logged-models/search", query + ",\"page_token\":\"" + token + "\"}").ok();
    assertThat(second.path("models")).hasSize(1);
    assertThat(second.at("/models/0/info/name").asString()).isEqualTo("small");
    assertThat(second.has("next_page_token")).isFalse();
  }

  @Test
  void refusesWhatMakesNoSense() {
    refused(order("bogus", "true"), "Invalid order by field name: bogus");
    refused(
        order("params.kind", "true"),
        "Invalid order by field name: params.kind. Only metrics are supported.");
    refused(
        "\"datasets\":[{\"dataset_digest\":\"t1\"}]",
        "`dataset_name` in the `datasets` clause must be specified.");
    refused("\"order_by\":[{}]", "Missing value for required parameter 'order_by[0].field_name'");
    refused("\"filter\":\"bogus = 'x'\"", "Invalid attribute key 'bogus' specified");
    refused(
        "\"datasets\":[" + "{\"dataset_name\":\"a\"},".repeat(100) + "{\"dataset_name\":\"a\"}]",
        "datasets has 101 entries");
    refused(
        "\"order_by\":[" + "{\"field_name\":\"name\"},".repeat(50) + "{\"field_name\":\"name\"}]",
        "order_by has 51 entries");
    var datasets =
        "\"datasets\":["
            + "{\"dataset_name\":\"a\",\"dataset_digest\":\"b\"},".repeat(99)
            + "{\"dataset_name\":\"a\",\"dataset_digest\":\"b\"}],";
    var hundred = "metrics.acc > 0" + " AND metrics.acc > 0".repeat(99);
    assertThat(names(datasets + "\"filter\":\"" + hundred + "\"")).isEmpty();
    refused(
        datasets + "\"filter\":\"" + hundred + " AND metrics.acc > 0\"",
        "datasets times metrics of the filter has 10100 entries; the most is 10000.");
    assertThat(store.post("logged-models/search", "{}").ok().toString()).isEqualTo("{}");
  }

  private static String create(String name, String kind) {
    var created =
        store.post(
            "logged-models",
            """
            {"experiment_id":"%s","name":"%s","params":[{"key":"kind","value":"%s"}],
             "tags":[{"key":"kind","value":"%s"}]}
            """
                .formatted(experiment, name, kind, kind));
    return RunningStore.text(created.ok(), "/model/info/model_id");
  }

  private static void measure(String model, String value, int time, String dataset, String digest) {
    store
        .post(
            "runs/log-metric",
            """
            {"run_id":"%s","model_id":"%s","key":"acc","value":%s,"timestamp":%s,"step":%s,
             "dataset_name":"%s","dataset_digest":"%s"}
            """
                .formatted(run, model, value, time, 10 - time, dataset, digest))
        .ok();
  }

  private static String datasets(String name, String digest) {
    return "\"datasets\":[{\"dataset_name\":\"%s\",\"dataset_digest\":\"%s\"}]"
        .formatted(name, digest);
  }

  private static String order(String field, String ascending) {
    return "\"order_by\":[{\"field_name\":\"%s\",\"ascending\":%s}]".formatted(field, ascending);
  }

  private static RunningStore.Answer search(String more) {
    return store.post(
        "logged-models/search", "{\"experiment_ids\":[\"%s\"],%s}".formatted(experiment, more));
  }

  private static List<String> names(String more) {
    var names = new ArrayList<String>();
    for (JsonNode model : search(more).ok().path("models")) {
      names.add(model.at("/info/name").asString());
    }
    return names;
  }

  private static void refused(String more, String message) {
    search(more).refused(400, "INVALID_PARAMETER_VALUE", message);
  }
}
