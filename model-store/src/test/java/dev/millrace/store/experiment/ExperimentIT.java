package dev.millrace.store.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.RunningStore;
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
  void hasADefaultExperimentFromTheStart() {
    var experiment = store.get("experiments/get?experiment_id=0").ok();
    assertThat(experiment.at("/experiment/name").asString()).isEqualTo("Default");
    assertThat(experiment.at("/experiment/artifact_location").asString())
        .isEqualTo("mlflow-artifacts:/0");
  }

  @Test
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
