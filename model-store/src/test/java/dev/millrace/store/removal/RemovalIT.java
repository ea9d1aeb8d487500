package dev.millrace.store.removal;

import static java.net.http.HttpRequest.BodyPublishers.ofString;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.RunningStore;
import dev.millrace.store.database.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class RemovalIT {
  private static final List<String> TABLES =
      List.of(
          "metrics",
          "latest_metrics",
          "params",
          "tags",
          "inputs",
          "input_tags",
          "logged_models",
          "logged_model_metrics",
          "logged_model_params",
          "logged_model_tags",
          "experiment_tags",
          "runs",
          "removals");

  @TempDir private Path home;
  private RunningStore store;

  @BeforeEach
  void start() {
    store = RunningStore.in(home);
  }

  @AfterEach
  void stop() {
    store.close();
  }

  @Test
  void anExperimentGoesWithAllThatIsInIt() {
    var experiment = store.experiment("gone");
    var run = filledRun(experiment);
    var model = filledModel(experiment, run);
    put(experiment + "/stray", "1");
    post("experiments/delete", "experiment_id", experiment);
    var report = post("experiments/delete-permanently", "experiment_id", experiment);
    assertThat(report.toString())
        .isEqualTo(
            """
            {"experiments":1,"runs":1,"logged_models":1,"files":3,"bytes":15,"skipped_count":0,"dry_run":false}\
            """);
    assertThat(rows()).containsOnly(0L);
    assertThat(count("datasets")).isZero();
    assertThat(artifacts().resolve(experiment)).doesNotExist();
    store
        .get("experiments/get?experiment_id=" + experiment)
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "");
    store.get("runs/get?run_id=" + run).refused(404, "RESOURCE_DOES_NOT_EXIST", run);
    store.get("logged-models/" + model).refused(404, "RESOURCE_DOES_NOT_EXIST", model);
    store
        .json("POST", "experiments/restore", "{\"experiment_id\":\"" + experiment + "\"}")
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "");
  }

  @Test
  void itsNameIsFreeAndItsNumberIsNot() {
    var first = store.experiment("again");
    post("experiments/delete", "experiment_id", first);
    store
        .post("experiments/create", "{\"name\":\"again\"}")
        .refused(400, "RESOURCE_ALREADY_EXISTS", "already exists");
    post("experiments/delete-permanently", "experiment_id", first);
    var second = store.experiment("again");
    assertThat(Long.parseLong(second)).isGreaterThan(Long.parseLong(first));
  }

  @Test
  void removesOnlyWhatIsDeleted() {
    var experiment = store.experiment("kept");
    var run = filledRun(experiment);
    refuse(
        "experiments/delete-permanently",
        "experiment_id",
        experiment,
        "not in the 'deleted' state");
    refuse("runs/delete-permanently", "run_id", run, "not in the 'deleted' state");
    post("experiments/delete", "experiment_id", "0");
    refuse("experiments/delete-permanently", "experiment_id", "0", "runs that name no experiment");
    store
        .post("runs/delete-permanently", "{\"run_id\":\"none\"}")
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "There is no run with the id 'none'.");
    store
        .post("experiments/delete-permanently", "{\"experiment_id\":\"x\"}")
        .refused(400, "INVALID_PARAMETER_VALUE", "must be a valid integer");
    assertThat(collect("").path("runs").asInt()).isZero();
    assertThat(store.get("runs/get?run_id=" + run).ok().at("/run/data/params").size()).isEqualTo(1);
  }

  @Test
  void whatAVersionPointsAtStaysUntilTheVersionIsDeleted() {
    var experiment = store.experiment("served");
    var run = filledRun(experiment);
    var other = filledRun(experiment);
    var model = filledModel(experiment, other);
    store.post("registered-models/create", "{\"name\":\"m\"}").ok();
    version(
        "\"source\":\"mlflow-artifacts:/%s/%s/artifacts/in\",\"run_id\":\"%s\""
            .formatted(experiment, run, run));
    version("\"source\":\"models:/%s\",\"model_id\":\"%s\"".formatted(model, model));
    post("runs/delete", "run_id", run);
    store.json("DELETE", "logged-models/" + model, "{}").ok();
    refuse(
        "runs/delete-permanently",
        "run_id",
        run,
        "version 1 of 'm' points at it; delete that version first");
    refuse("logged-models/delete-permanently", "model_id", model, "version 2 of 'm' points at it");
    post("experiments/delete", "experiment_id", experiment);
    refuse("experiments/delete-permanently", "experiment_id", experiment, "of 'm' points at it");
    var report = collect("");
    // The other run is named by version 2, whose model it logged.
    assertThat(report.path("runs").asInt()).isZero();
    assertThat(report.path("skipped_count").asInt()).isEqualTo(4);
    assertThat(report.path("skipped").toString()).contains(run, model, experiment, other);
    assertThat(artifacts().resolve(experiment).resolve(run)).exists();
    for (String version : List.of("1", "2")) {
      store
          .json(
              "DELETE", "model-versions/delete", "{\"name\":\"m\",\"version\":\"" + version + "\"}")
          .ok();
    }
    assertThat(collect("").path("experiments").asInt()).isEqualTo(1);
    assertThat(artifacts().resolve(experiment)).doesNotExist();
  }

  @Test
  void anExperimentStaysWhileARunInItIsActive() {
    var experiment = store.experiment("half");
    var run = filledRun(experiment);
    post("experiments/delete", "experiment_id", experiment);
    post("runs/restore", "run_id", run);
    var reason = "run " + run + " in it is active; delete it first";
    refuse("experiments/delete-permanently", "experiment_id", experiment, reason);
    assertThat(collect("").path("skipped").toString()).contains(experiment, reason);
    assertThat(store.get("runs/get?run_id=" + run).ok().at("/run/data/params").size()).isEqualTo(1);
    post("runs/delete", "run_id", run);
    assertThat(collect("").path("experiments").asInt()).isEqualTo(1);
  }

  @Test
  void saysNothingAboutWhatIsTooYoung() {
    var run = filledRun("0");
    store.post("registered-models/create", "{\"name\":\"m\"}").ok();
    version(
        "\"source\":\"mlflow-artifacts:/0/%s/artifacts/in\",\"run_id\":\"%s\"".formatted(run, run));
    post("runs/delete", "run_id", run);
    assertThat(collect("\"older_than\":\"1h\"").path("skipped_count").asInt()).isZero();
    assertThat(collect("").path("skipped_count").asInt()).isEqualTo(1);
  }

  @Test
  void aDryRunCountsWhatLiesTogetherWithOthers() {
    var location = "{\"name\":\"%s\",\"artifact_location\":\"mlflow-artifacts:/team\"}";
    var experiment =
        RunningStore.text(
            store.post("experiments/create", location.formatted("a")).ok(), "/experiment_id");
    store.post("experiments/create", location.formatted("b")).ok();
    filledRun(experiment, "team");
    filledRun(experiment, "team");
    post("experiments/delete", "experiment_id", experiment);
    for (String fields : List.of("\"dry_run\":true", "")) {
      assertThat(collect(fields).toString())
          .contains("\"experiments\":1,\"runs\":2", "\"files\":2,\"bytes\":14");
    }
  }

  @Test
  void aDryRunCountsTheSameAndRemovesNothing() {
    var experiment = store.experiment("dry");
    filledModel(experiment, filledRun(experiment));
    var single = filledRun("0");
    post("experiments/delete", "experiment_id", experiment);
    post("runs/delete", "run_id", single);
    var before = rows();
    var dry = collect("\"dry_run\":true");
    assertThat(dry.path("dry_run").asBoolean()).isTrue();
    assertThat(rows()).isEqualTo(before);
    var wet = collect("");
    for (String count : List.of("experiments", "runs", "logged_models", "files", "bytes")) {
      assertThat(dry.path(count).asInt()).as(count).isPositive().isEqualTo(wet.path(count).asInt());
    }
  }

  @Test
  void collectsWhatIsNamedOrOldEnough() {
    var runs = IntStream.range(0, 3).mapToObj(_ -> filledRun("0")).toList();
    runs.subList(0, 2).forEach(run -> post("runs/delete", "run_id", run));
    assertThat(collect("\"older_than\":\"1h\"").path("runs").asInt()).isZero();
    var named = collect("\"run_ids\":[\"%s\",\"%s\",\"none\"]".formatted(runs.get(0), runs.get(2)));
    assertThat(named.path("runs").asInt()).isEqualTo(1);
    assertThat(named.path("skipped").toString())
        .contains(runs.get(2), "not in the 'deleted' state", "none", "there is none with this id");
    assertThat(collect("").path("runs").asInt()).isEqualTo(1);
    store
        .post("gc", "{\"older_than\":\"soon\"}")
        .refused(
            400, "INVALID_PARAMETER_VALUE", "Could not parse any time information from 'soon'");
    store
        .post("gc", "{\"run_ids\":[]}")
        .refused(400, "INVALID_PARAMETER_VALUE", "The lists of ids are empty");
  }

  @Test
  void removesMoreRowsThanOneWriteTakes() {
    var run = store.run("0");
    for (int batch = 0; batch < 5; batch++) {
      var metrics = new ArrayList<String>();
      for (int i = 0; i < 1_000; i++) {
        metrics.add(
            "{\"key\":\"k%s\",\"value\":%s,\"timestamp\":1,\"step\":%s}"
                .formatted(i % 3, i, batch));
      }
      store
          .post("runs/log-batch", "{\"run_id\":\"%s\",\"metrics\":%s}".formatted(run, metrics))
          .ok();
    }
    var other = filledRun("0");
    post("runs/delete", "run_id", run);
    assertThat(post("runs/delete-permanently", "run_id", run).path("runs").asInt()).isEqualTo(1);
    assertThat(count("metrics")).isEqualTo(1);
    assertThat(store.get("runs/get?run_id=" + other).ok().at("/run/data/metrics").size())
        .isEqualTo(1);
  }

  @Test
  void missesNeitherFolderNorFile() throws IOException {
    var run = filledRun("0");
    post("runs/delete", "run_id", run);
    Files.delete(artifacts().resolve("0/" + run + "/artifacts/in/file"));
    Files.delete(artifacts().resolve("0/" + run + "/artifacts/in"));
    Files.delete(artifacts().resolve("0/" + run + "/artifacts"));
    Files.delete(artifacts().resolve("0/" + run));
    assertThat(collect("").toString()).contains("\"runs\":1", "\"files\":0");
  }

  @Test
  void leavesFilesThatLieTogetherWithThoseOfOthers() {
    var location = "{\"name\":\"%s\",\"artifact_location\":\"mlflow-artifacts:/team%s\"}";
    var outer =
        RunningStore.text(
            store.post("experiments/create", location.formatted("a", "")).ok(), "/experiment_id");
    var inner =
        RunningStore.text(
            store.post("experiments/create", location.formatted("b", "/b")).ok(), "/experiment_id");
    var gone = filledRun(outer, "team");
    var kept = filledRun(inner, "team/b");
    post("experiments/delete", "experiment_id", outer);
    assertThat(collect("").path("runs").asInt()).isEqualTo(1);
    assertThat(artifacts().resolve("team/" + gone)).doesNotExist();
    assertThat(artifacts().resolve("team/b/" + kept + "/artifacts/in/file")).exists();
  }

  @Test
  void goesOnWhereItWasInterrupted() {
    var experiment = store.experiment("interrupted");
    var first = filledRun(experiment);
    filledRun(experiment);
    var model = filledModel(experiment, first);
    var single = filledRun("0");
    // As a kill leaves it: claimed, with half of the rows.
    claim("EXPERIMENT", experiment, "mlflow-artifacts:/" + experiment);
    claim("RUN", first, "mlflow-artifacts:/" + experiment + "/" + first + "/artifacts");
    claim("RUN", single, "mlflow-artifacts:/0/" + single + "/artifacts");
    var database = store.part(Database.class);
    database.write(() -> database.jdbc().sql("DELETE FROM params").update());
    for (String run : List.of(first, single)) {
      store.get("runs/get?run_id=" + run).refused(404, "RESOURCE_DOES_NOT_EXIST", run);
      assertThat(points("metrics/get-history?metric_key=m&run_id=" + run)).isEmpty();
      assertThat(points("metrics/get-history-bulk-interval?metric_key=m&run_ids=" + run)).isEmpty();
      assertThat(points("metrics/get-history-bulk?metric_key=m&run_id=" + run)).isEmpty();
      store
          .post("runs/restore", "{\"run_id\":\"" + run + "\"}")
          .refused(404, "RESOURCE_DOES_NOT_EXIST", run);
    }
    store.get("logged-models/" + model).refused(404, "RESOURCE_DOES_NOT_EXIST", model);
    var found =
        store
            .post(
                "runs/search",
                "{\"experiment_ids\":[\"0\",\"%s\"],\"run_view_type\":\"ALL\"}"
                    .formatted(experiment))
            .ok();
    assertThat(found.has("runs")).isFalse();
    store.close();
    store = RunningStore.in(home);
    assertThat(collect("").path("skipped_count").asInt()).isZero();
    assertThat(rows()).containsOnly(0L);
    assertThat(artifacts().resolve(experiment)).doesNotExist();
    assertThat(artifacts().resolve("0/" + single)).doesNotExist();
  }

  private void claim(String kind, String id, String location) {
    var database = store.part(Database.class);
    database.write(
        () ->
            database
                .jdbc()
                .sql("INSERT INTO removals (kind, id, artifact_location) VALUES (?, ?, ?)")
                .params(kind, id, location)
                .update());
  }

  private String filledRun(String experiment) {
    return filledRun(experiment, experiment);
  }

  private String filledRun(String experiment, String location) {
    var run = store.run(experiment);
    store
        .post(
            "runs/log-batch",
            """
            {"run_id":"%s","metrics":[{"key":"m","value":1,"timestamp":1,"step":1}],
             "params":[{"key":"p","value":"1"}],"tags":[{"key":"t","value":"1"}]}\
            """
                .formatted(run))
        .ok();
    store
        .post(
            "runs/log-inputs",
            """
            {"run_id":"%s","datasets":[{"tags":[{"key":"mlflow.data.context","value":"train"}],
             "dataset":{"name":"d","digest":"1","source_type":"x","source":"y"}}]}\
            """
                .formatted(run))
        .ok();
    put(location + "/" + run + "/artifacts/in/file", "content");
    return run;
  }

  private String filledModel(String experiment, String run) {
    var created =
        store
            .post(
                "logged-models",
                """
                {"experiment_id":"%s","name":"m","source_run_id":"%s","params":[{"key":"p","value":"1"}],
                 "tags":[{"key":"t","value":"1"}]}\
                """
                    .formatted(experiment, run))
            .ok();
    var model = RunningStore.text(created, "/model/info/model_id");
    store
        .post(
            "runs/log-metric",
            """
            {"run_id":"%s","key":"m","value":2,"timestamp":2,"step":2,"model_id":"%s"}\
            """
                .formatted(run, model))
        .ok();
    store
        .post(
            "runs/outputs",
            "{\"run_id\":\"%s\",\"models\":[{\"model_id\":\"%s\",\"step\":0}]}"
                .formatted(run, model))
        .ok();
    put(experiment + "/models/" + model + "/artifacts/MLmodel", "content");
    return model;
  }

  private void version(String fields) {
    store.post("model-versions/create", "{\"name\":\"m\"," + fields + "}").ok();
  }

  private void put(String path, String content) {
    var route = "/api/2.0/mlflow-artifacts/artifacts/" + path;
    assertThat(store.send(store.request(route).PUT(ofString(content))).status()).isEqualTo(200);
  }

  private JsonNode post(String route, String name, String id) {
    return store.post(route, "{\"%s\":\"%s\"}".formatted(name, id)).ok();
  }

  private void refuse(String route, String name, String id, String message) {
    store
        .post(route, "{\"%s\":\"%s\"}".formatted(name, id))
        .refused(400, "INVALID_PARAMETER_VALUE", message);
  }

  private JsonNode points(String query) {
    return store.send(store.request("/ajax-api/2.0/mlflow/" + query)).ok().path("metrics");
  }

  private JsonNode collect(String fields) {
    return store.post("gc", "{" + fields + "}").ok();
  }

  private List<Long> rows() {
    return TABLES.stream().map(this::count).toList();
  }

  private long count(String table) {
    var database = store.part(Database.class);
    return database.read(
        () -> database.jdbc().sql("SELECT COUNT(*) FROM " + table).query(Long.class).single());
  }

  private Path artifacts() {
    return home.resolve("store/artifacts");
  }
}
