package dev.millrace.store.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.Point;
import dev.millrace.store.RunningStore;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class RunIT {
  @TempDir private static Path home;
  private static RunningStore store;
  private static String experiment;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
    experiment = store.experiment("runs");
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  @Point(10)
  void startsARunWithTheNameThatItWasGiven() {
    var run = create(",\"run_name\":\"first\",\"user_id\":\"me\",\"start_time\":\"5\"").at("/run");
    var id = RunningStore.text(run, "/info/run_id");
    assertThat(id).matches("[0-9a-f]{32}");
    assertThat(run.at("/info/run_uuid").asString()).isEqualTo(id);
    assertThat(run.at("/info/artifact_uri").asString())
        .isEqualTo("mlflow-artifacts:/" + experiment + "/" + id + "/artifacts");
    assertThat(run.at("/info/start_time").asLong()).isEqualTo(5);
    assertThat(run.at("/info/status").asString()).isEqualTo("RUNNING");
    assertThat(tag(run, "mlflow.runName")).isEqualTo("first");
    assertThat(store.get("runs/get?run_uuid=" + id).ok().at("/run/info"))
        .isEqualTo(run.at("/info"));
  }

  @Test
  @Point(10)
  void namesARunThatNobodyNamed() {
    var run = create("").at("/run");
    assertThat(run.at("/info/run_name").asString()).matches("[a-z]+-[a-z]+-\\d+");
    assertThat(tag(run, "mlflow.runName")).isEqualTo(run.at("/info/run_name").asString());
  }

  @Test
  @Point(10)
  void nameAndTagFollowEachOther() {
    var id = id(create(""));
    post("runs/update", "{\"run_id\":\"%s\",\"run_name\":\"by update\"}".formatted(id));
    assertThat(tag(run(id), "mlflow.runName")).isEqualTo("by update");
    post("runs/set-tag", tag(id, "mlflow.runName", "by tag"));
    assertThat(run(id).at("/info/run_name").asString()).isEqualTo("by tag");
    store
        .post(
            "runs/create",
            "{\"run_name\":\"a\",\"tags\":[{\"key\":\"mlflow.runName\",\"value\":\"b\"}]}")
        .refused(400, "INVALID_PARAMETER_VALUE", "with different values (run_name='a'");
  }

  @Test
  @Point(10)
  void endsARunAndIgnoresAStatusThatNobodyKnows() {
    var id = id(create(""));
    var body = "{\"run_id\":\"%s\",\"status\":\"%s\",\"end_time\":77}";
    var ended = store.post("runs/update", body.formatted(id, "FINISHED")).ok();
    assertThat(ended.at("/run_info/end_time").asLong()).isEqualTo(77);
    var after = store.post("runs/update", body.formatted(id, "BOGUS")).ok();
    assertThat(after.at("/run_info/status").asString()).isEqualTo("FINISHED");
  }

  @Test
  @Point(9)
  void deletesAndRestoresAnyNumberOfTimes() {
    var id = id(create(""));
    var body = "{\"run_id\":\"" + id + "\"}";
    post("runs/delete", body);
    post("runs/delete", body);
    assertThat(run(id).at("/info/lifecycle_stage").asString()).isEqualTo("deleted");
    store
        .post("runs/set-tag", tag(id, "a", "b"))
        .refused(
            400, "INVALID_PARAMETER_VALUE", "The run " + id + " must be in the 'active' state");
    post("runs/restore", body);
    post("runs/restore", body);
    post("runs/set-tag", tag(id, "a", "b"));
  }

  @Test
  @Point(26)
  void tagsAreSetAgainAndDeletedOnce() {
    var id = id(create(""));
    post("runs/set-tag", tag(id, "a", "1"));
    post("runs/set-tag", tag(id, "a", "2"));
    assertThat(tag(run(id), "a")).isEqualTo("2");
    var delete = "{\"run_id\":\"%s\",\"key\":\"a\"}".formatted(id);
    post("runs/delete-tag", delete);
    store
        .post("runs/delete-tag", delete)
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "No tag with name: a in run with id " + id);
  }

  @Test
  void keepsWhatTheRunReadAndWrote() {
    var id = id(create(""));
    post(
        "runs/log-inputs",
        """
        {"run_id":"%s","models":[{"model_id":"m-1"}],"datasets":[{"tags":[{"key":"mlflow.data.context","value":"train"}],
         "dataset":{"name":"digits","digest":"abc","source_type":"local","source":"{}","schema":"{}"}}]}
        """
            .formatted(id));
    post(
        "runs/outputs",
        "{\"run_id\":\"%s\",\"models\":[{\"model_id\":\"m-2\",\"step\":3}]}".formatted(id));
    var run = run(id);
    assertThat(run.at("/inputs/dataset_inputs/0/dataset/digest").asString()).isEqualTo("abc");
    assertThat(run.at("/inputs/dataset_inputs/0/tags/0/value").asString()).isEqualTo("train");
    assertThat(run.at("/inputs/model_inputs/0/model_id").asString()).isEqualTo("m-1");
    assertThat(run.at("/outputs/model_outputs").toString())
        .isEqualTo("[{\"model_id\":\"m-2\",\"step\":3}]");
  }

  @Test
  @Point({1, 5})
  void saysWhichRunIsMissing() {
    store
        .get("runs/get?run_id=nope")
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "Run with id=nope not found");
    store.get("runs/get").refused(400, "INVALID_PARAMETER_VALUE", "required parameter 'run_id'");
    store
        .post("runs/create", "{\"experiment_id\":\"99999\"}")
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "id=99999");
    store
        .post("runs/create", "{\"start_time\":\"x\"}")
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid value \"x\" for parameter 'start_time'");
  }

  private static JsonNode create(String more) {
    return store.post("runs/create", "{\"experiment_id\":\"" + experiment + "\"" + more + "}").ok();
  }

  private static void post(String path, String json) {
    store.post(path, json).ok();
  }

  private static JsonNode run(String id) {
    return store.get("runs/get?run_id=" + id).ok().at("/run");
  }

  private static String id(JsonNode created) {
    return RunningStore.text(created, "/run/info/run_id");
  }

  private static String tag(String runId, String key, String value) {
    return "{\"run_id\":\"%s\",\"key\":\"%s\",\"value\":\"%s\"}".formatted(runId, key, value);
  }

  private static String tag(JsonNode run, String key) {
    for (JsonNode tag : run.at("/data/tags")) {
      if (tag.path("key").asString().equals(key)) {
        return tag.path("value").asString();
      }
    }
    throw new AssertionError("No tag '" + key + "' in " + run);
  }
}
