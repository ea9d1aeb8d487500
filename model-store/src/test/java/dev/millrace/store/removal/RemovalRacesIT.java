package dev.millrace.store.removal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.RunningStore;
import dev.millrace.store.RunningStore.Answer;
import dev.millrace.store.database.Database;
import dev.millrace.store.database.Dialect.Lock;
import dev.millrace.store.database.Dialect.Postgresql;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests that come while a write is open that decides whether something is removed. */
class RemovalRacesIT {
  @TempDir private static Path home;
  private static RunningStore store;
  private static Database database;
  private String name;
  private String experiment;
  private String run;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
    database = store.part(Database.class);
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @BeforeEach
  void fill() {
    name = "race-" + UUID.randomUUID();
    experiment = store.experiment(name);
    run = store.run(experiment);
    store.post("registered-models/create", "{\"name\":\"" + name + "\"}").ok();
  }

  @Test
  void aClaimedRunIsNotRestored() {
    delete("runs/delete", "run_id", run);
    duringClaim(Kind.RUN, run, "runs/restore", "{\"run_id\":\"" + run + "\"}")
        .refused(404, "RESOURCE_DOES_NOT_EXIST", run);
  }

  @Test
  void aClaimedExperimentIsNotRestored() {
    delete("experiments/delete", "experiment_id", experiment);
    duringClaim(
            Kind.EXPERIMENT,
            experiment,
            "experiments/restore",
            "{\"experiment_id\":\"" + experiment + "\"}")
        .refused(404, "RESOURCE_DOES_NOT_EXIST", experiment);
  }

  @Test
  void aClaimedRunIsNotRegistered() {
    delete("runs/delete", "run_id", run);
    var body =
        "{\"name\":\"%s\",\"source\":\"mlflow-artifacts:/%s/%s/artifacts/in\",\"run_id\":\"%s\"}"
            .formatted(name, experiment, run, run);
    duringClaim(Kind.RUN, run, "model-versions/create", body)
        .refused(400, "INVALID_PARAMETER_VALUE", "run_id");
  }

  @Test
  void aClaimedModelIsNotRegistered() {
    var model =
        RunningStore.text(
            store.post("logged-models", "{\"experiment_id\":\"%s\"}".formatted(experiment)).ok(),
            "/model/info/model_id");
    var body =
        "{\"name\":\"%s\",\"source\":\"models:/%s\",\"model_id\":\"%s\"}"
            .formatted(name, model, model);
    duringClaim(Kind.LOGGED_MODEL, model, "model-versions/create", body)
        .refused(404, "RESOURCE_DOES_NOT_EXIST", model);
  }

  @Test
  void anExperimentStaysWhenSomethingInItIsBeingRegistered() {
    newVersion("s3://bucket/model").ok();
    delete("experiments/delete", "experiment_id", experiment);
    var answer =
        database.write(
            () -> {
              // What registering a version of the run does.
              lock("runs", "run_uuid", run);
              update("UPDATE model_versions SET run_id = :id WHERE name = :name", run);
              return later(
                  "experiments/delete-permanently", "{\"experiment_id\":\"" + experiment + "\"}");
            });
    answer
        .join()
        .refused(400, "INVALID_PARAMETER_VALUE", "version 1 of '" + name + "' points at it");
  }

  @Test
  void aVersionThatIsBeingDeletedIsNotCopied() {
    newVersion("s3://bucket/model").ok();
    var copy = name + "-copy";
    store.post("registered-models/create", "{\"name\":\"" + copy + "\"}").ok();
    var answer =
        database.write(
            () -> {
              lock("registered_models", "name", name);
              update(
                  "UPDATE model_versions SET current_stage = :id WHERE name = :name",
                  "Deleted_Internal");
              return later(
                  "model-versions/create",
                  "{\"name\":\"%s\",\"source\":\"models:/%s/1\"}".formatted(copy, name));
            });
    answer.join().refused(404, "RESOURCE_DOES_NOT_EXIST", name);
  }

  private static Answer duringClaim(Kind kind, String id, String path, String json) {
    var rows = store.part(JdbcRemovals.class);
    var answer =
        database.write(
            () -> {
              rows.claim(rows.find(kind, id).orElseThrow());
              return later(path, json);
            });
    return answer.join();
  }

  /** Sends a request that has to wait for the write under way. */
  private static CompletableFuture<Answer> later(String path, String json) {
    var answer =
        store.sendLater(
            store
                .request("/api/2.0/mlflow/" + path)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json)));
    // On SQLite there is one connection that writes, and this write has it.
    if (database.dialect() instanceof Postgresql) {
      RunningStore.await(RemovalRacesIT::isSomebodyWaiting);
    }
    return answer;
  }

  private static boolean isSomebodyWaiting() {
    return database
        .jdbc()
        .sql("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        .query(Boolean.class)
        .single();
  }

  private static void lock(String table, String column, String id) {
    var rows =
        database
            .jdbc()
            .sql(
                "SELECT %2$s FROM %1$s WHERE %2$s = :id".formatted(table, column)
                    + database.locking(Lock.CHANGE))
            .param("id", id)
            .query(String.class)
            .list();
    assertThat(rows).hasSize(1);
  }

  private void update(String sql, String id) {
    database.jdbc().sql(sql).param("id", id).param("name", name).update();
  }

  private Answer newVersion(String source) {
    return store.post(
        "model-versions/create", "{\"name\":\"%s\",\"source\":\"%s\"}".formatted(name, source));
  }

  private static void delete(String path, String field, String id) {
    store.post(path, "{\"%s\":\"%s\"}".formatted(field, id)).ok();
  }
}
