package dev.millrace.store.loggedmodel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.RunningStore;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class LoggedModelIT {
  @TempDir private static Path home;
  private static RunningStore store;
  private static String run;
  private String id;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
    run = store.run("0");
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @BeforeEach
  void log() {
    var created =
        store.post(
            "logged-models",
            """
            {"experiment_id":"0","name":"digits","source_run_id":"%s","params":[{"key":"a","value":"b"}],
             "tags":[{"key":"t","value":"u"}]}
            """
                .formatted(run));
    id = RunningStore.text(created.ok(), "/model/info/model_id");
  }

  @Test
  void startsPendingInAFolderOfItsOwn() {
    var model = model();
    assertThat(id).matches("m-[0-9a-f]{32}");
    assertThat(model.at("/info/status").asString()).isEqualTo("LOGGED_MODEL_PENDING");
    assertThat(model.at("/info/artifact_uri").asString())
        .isEqualTo("mlflow-artifacts:/0/models/" + id + "/artifacts");
    assertThat(model.at("/data/params/0/value").asString()).isEqualTo("b");
  }

  @Test
  void becomesReadyAndTakesTagsAndParams() {
    patch("", "{\"status\":\"LOGGED_MODEL_READY\"}").ok();
    patch("/tags", "{\"tags\":[{\"key\":\"q\",\"value\":\"r\"}]}").ok();
    store
        .post("logged-models/" + id + "/params", "{\"params\":[{\"key\":\"c\",\"value\":\"d\"}]}")
        .ok();
    assertThat(model().at("/info/status").asString()).isEqualTo("LOGGED_MODEL_READY");
    assertThat(model().at("/info/tags")).hasSize(2);
    assertThat(model().at("/data/params")).hasSize(2);
    store
        .post("logged-models/" + id + "/params", "{\"params\":[{\"key\":\"c\",\"value\":\"e\"}]}")
        .refused(400, "INVALID_PARAMETER_VALUE", "Changing param values is not allowed");
    patch("", "{\"status\":\"FOO\"}")
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid value \"FOO\"");
  }

  @Test
  void losesATagOnce() {
    store.json("DELETE", "logged-models/" + id + "/tags/t", "{}").ok();
    store
        .json("DELETE", "logged-models/" + id + "/tags/t", "{}")
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "No tag with key 't'");
  }

  @Test
  void isRegisteredUnderItsIdAndResolvesToItsFolder() {
    var name = "of-" + id;
    store.post("registered-models/create", "{\"name\":\"" + name + "\"}").ok();
    var body =
        "{\"name\":\"%s\",\"source\":\"models:/%s\",\"model_id\":\"%s\"}".formatted(name, id, id);
    var version = store.post("model-versions/create", body).ok();
    assertThat(version.at("/model_version/run_id").asString()).isEqualTo(run);
    var uri = store.get("model-versions/get-download-uri?version=1&name=" + name).ok();
    assertThat(uri.at("/artifact_uri").asString())
        .isEqualTo("mlflow-artifacts:/0/models/" + id + "/artifacts");
  }

  @Test
  void isFoundUntilItIsDeleted() {
    var search =
        "{\"experiment_ids\":[\"0\"],\"filter\":\"name = 'digits' AND tags.t = 'u'\",\"max_results\":1000}";
    assertThat(store.post("logged-models/search", search).ok().toString()).contains(id);
    store.json("DELETE", "logged-models/" + id, "{}").ok();
    assertThat(store.post("logged-models/search", search).ok().toString()).doesNotContain(id);
    store
        .get("logged-models/" + id)
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "Logged model with ID '" + id + "' not found.");
  }

  @Test
  void keepsTheMetricsThatARunMeasuredOnIt() {
    var metric =
        "{\"run_id\":\"%s\",\"model_id\":\"%s\",\"key\":\"acc\",\"value\":%s,\"timestamp\":1,\"step\":2,\"dataset_name\":\"held out\"}";
    store.post("runs/log-metric", metric.formatted(run, id, "0.75")).ok();
    assertThat(model().at("/data/metrics").toString())
        .isEqualTo(
            """
            [{"key":"acc","value":0.75,"timestamp":1,"step":2,"model_id":"%s","run_id":"%s","dataset_name":"held out"}]"""
                .formatted(id, run));
    var search =
        "{\"experiment_ids\":[\"0\"],\"filter\":\"metrics.acc = 0.75\",\"order_by\":[{\"field_name\":\"creation_timestamp\",\"ascending\":false}]}";
    assertThat(store.post("logged-models/search", search).ok().toString()).contains(id);
    store
        .post("runs/log-metric", metric.formatted(run, "m-nope", "1"))
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "Logged model with ID 'm-nope' not found.");
  }

  private RunningStore.Answer patch(String path, String json) {
    return store.json("PATCH", "logged-models/" + id + path, json);
  }

  private JsonNode model() {
    return store.get("logged-models/" + id).ok().at("/model");
  }
}
