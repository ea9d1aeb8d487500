package dev.millrace.store.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.Point;
import dev.millrace.store.RunningStore;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperimentIT {
  @TempDir private static Path home;
  private static RunningStore store;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  @Point(8)
  void hasADefaultExperimentFromTheStart() {
    var experiment = store.get("experiments/get?experiment_id=0").ok();
    assertThat(experiment.at("/experiment/name").asString()).isEqualTo("Default");
    assertThat(experiment.at("/experiment/artifact_location").asString())
        .isEqualTo("mlflow-artifacts:/0");
  }

  @Test
  @Point({5, 8})
  void createsFindsAndTagsAnExperiment() {
    var created =
        store.post(
            "experiments/create",
            "{\"name\":\"tagged\",\"tags\":[{\"key\":\"a\",\"value\":\"b\"}],\"unknown\":1}");
    var id = RunningStore.text(created.ok(), "/experiment_id");
    store
        .post(
            "experiments/set-experiment-tag",
            "{\"experiment_id\":\"%s\",\"key\":\"k\",\"value\":\"v\"}".formatted(id))
        .ok();
    var found = store.get("experiments/get-by-name?experiment_name=tagged").ok();
    assertThat(found.at("/experiment/experiment_id").asString()).isEqualTo(id);
    assertThat(found.at("/experiment/tags").toString())
        .isEqualTo("[{\"key\":\"a\",\"value\":\"b\"},{\"key\":\"k\",\"value\":\"v\"}]");
    var delete = "{\"experiment_id\":\"%s\",\"key\":\"k\"}".formatted(id);
    store.post("experiments/delete-experiment-tag", delete).ok();
    store
        .post("experiments/delete-experiment-tag", delete)
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "No tag with name: k in experiment with id " + id);
  }

  @Test
  @Point({1, 8})
  void aDeletedExperimentKeepsItsNameAndTakesItsRunsAlong() {
    var id = store.experiment("gone");
    var run = store.run(id);
    var body = "{\"experiment_id\":\"" + id + "\"}";
    store.post("experiments/delete", body).ok();
    store.post("experiments/delete", body).refused(404, "RESOURCE_DOES_NOT_EXIST", "id=" + id);
    store
        .post("experiments/create", "{\"name\":\"gone\"}")
        .refused(400, "RESOURCE_ALREADY_EXISTS", "Experiment(name=gone) already exists");
    store
        .post("runs/create", body)
        .refused(400, "INVALID_PARAMETER_VALUE", "must be in the 'active' state");
    store
        .post("experiments/update", "{\"experiment_id\":\"" + id + "\",\"new_name\":\"x\"}")
        .refused(500, "INVALID_STATE", "Cannot rename a non-active experiment.");
    assertThat(stageOf(run)).isEqualTo("deleted");
    store.post("experiments/restore", body).ok();
    assertThat(stageOf(run)).isEqualTo("active");
  }

  @Test
  void renamesUnlessTheNameIsTaken() {
    var id = store.experiment("before");
    store.experiment("taken");
    var update = "{\"experiment_id\":\"%s\",\"new_name\":\"%s\"}";
    store.post("experiments/update", update.formatted(id, "after")).ok();
    store
        .post("experiments/update", update.formatted(id, "taken"))
        .refused(400, "RESOURCE_ALREADY_EXISTS", "Experiment(name=taken) already exists");
    store
        .get("experiments/get-by-name?experiment_name=before")
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "'before'");
  }

  @Test
  @Point(20)
  void searchesPageByPage() {
    store.experiment("page-1");
    store.experiment("page-2");
    store.experiment("page-3");
    var query = "{\"filter\":\"name LIKE 'page-%'\",\"order_by\":[\"name ASC\"],\"max_results\":2";
    var first = store.post("experiments/search", query + "}").ok();
    assertThat(first.at("/experiments/0/name").asString()).isEqualTo("page-1");
    var token = RunningStore.text(first, "/next_page_token");
    assertThat(token).isEqualTo("eyJvZmZzZXQiOiAyfQ==");
    var second =
        store.post("experiments/search", query + ",\"page_token\":\"" + token + "\"}").ok();
    assertThat(second.path("experiments")).hasSize(1);
    assertThat(second.has("next_page_token")).isFalse();
  }

  @Test
  @Point({20, 21})
  void refusesSearchesThatMakeNoSense() {
    store
        .post("experiments/search", "{}")
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid value 0 for parameter 'max_results'");
    store
        .post("experiments/search", "{\"max_results\":50001}")
        .refused(400, "INVALID_PARAMETER_VALUE", "It must be at most 50000");
    store
        .post("experiments/search", "{\"max_results\":1,\"page_token\":\"???\"}")
        .refused(400, "INVALID_PARAMETER_VALUE", "could not base64-decode '???'");
    store
        .post("experiments/search", "{\"max_results\":1,\"filter\":\"foo = 'x'\"}")
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid attribute key 'foo' specified");
  }

  @Test
  @Point(8)
  void aDeletedExperimentIsStillFound() {
    var id = store.experiment("deleted but found");
    store.post("experiments/delete", "{\"experiment_id\":\"" + id + "\"}").ok();
    for (String path :
        new String[] {"get?experiment_id=" + id, "get-by-name?experiment_name=deleted+but+found"}) {
      assertThat(store.get("experiments/" + path).ok().at("/experiment/lifecycle_stage").asString())
          .isEqualTo("deleted");
    }
    var search =
        "{\"max_results\":10,\"filter\":\"name = 'deleted but found'\",\"view_type\":\"%s\"}";
    assertThat(store.post("experiments/search", search.formatted("ACTIVE_ONLY")).ok().toString())
        .isEqualTo("{}");
    assertThat(store.post("experiments/search", search.formatted("ALL")).ok().path("experiments"))
        .hasSize(1);
  }

  @Test
  @Point(12)
  void boundsTheTagsOfAnExperiment() {
    var body = "{\"experiment_id\":\"0\",\"key\":\"%s\",\"value\":\"%s\"}";
    store.post("experiments/set-experiment-tag", body.formatted("long", "v".repeat(20_000))).ok();
    store
        .post("experiments/set-experiment-tag", body.formatted("long", "v".repeat(20_001)))
        .refused(400, "INVALID_PARAMETER_VALUE", "exceeds the maximum length of 20000");
    store
        .post("experiments/set-experiment-tag", body.formatted("k".repeat(251), "v"))
        .refused(400, "INVALID_PARAMETER_VALUE", "exceeds the maximum length of 250 characters");
  }

  @Test
  @Point(21)
  void findsByNameTimeAndTag() {
    var id = store.experiment("by time");
    store
        .post(
            "experiments/set-experiment-tag",
            "{\"experiment_id\":\"%s\",\"key\":\"team\",\"value\":\"red\"}".formatted(id))
        .ok();
    for (String filter :
        new String[] {
          "name = 'by time' AND creation_time > 5",
          "attribute.name ILIKE 'BY T%' AND last_update_time > 5",
          "tags.team = 'red'",
          "experiment_id = '" + id + "'",
          "tag.team = 'blue' OR experiment_id IN ('" + id + "')"
        }) {
      var found =
          store.get(
              "experiments/search?max_results=2&filter="
                  + URLEncoder.encode(filter, StandardCharsets.UTF_8));
      assertThat(found.ok().path("experiments")).as(filter).hasSize(1);
      assertThat(found.ok().at("/experiments/0/experiment_id").asString()).isEqualTo(id);
    }
  }

  @Test
  @Point({1, 12})
  void refusesWhatIsNoExperiment() {
    store
        .get("experiments/get?experiment_id=abc")
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid experiment ID 'abc'");
    store
        .get("experiments/get?experiment_id=99999")
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=99999 exists");
    store
        .post("experiments/create", "{\"name\":\"" + "x".repeat(501) + "\"}")
        .refused(400, "INVALID_PARAMETER_VALUE", "'name' exceeds the maximum length of 500");
  }

  private static String stageOf(String runId) {
    return RunningStore.text(
        store.get("runs/get?run_id=" + runId).ok(), "/run/info/lifecycle_stage");
  }
}
