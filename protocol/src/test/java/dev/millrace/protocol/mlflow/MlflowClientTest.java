package dev.millrace.protocol.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MlflowClientTest {
  private static final String API = "/api/2.0/mlflow/";
  private static final String FILES = "/api/2.0/mlflow-artifacts/artifacts";

  @TempDir private Path folder;
  private ScriptedStore store;
  private MlflowClient client;

  @BeforeEach
  void start() throws IOException {
    store = new ScriptedStore();
    client = new MlflowClient(store.uri(), "secret");
  }

  @AfterEach
  void stop() {
    store.close();
  }

  @Test
  void takesTheExperimentThatIsThere() {
    store.answer(
        "GET " + API + "experiments/get-by-name?experiment_name=my%20digits",
        200,
        "{\"experiment\":{\"experiment_id\":\"7\",\"name\":\"my digits\"}}");
    assertThat(client.experimentId("my digits")).isEqualTo("7");
  }

  @Test
  void createsTheExperimentThatIsNotThere() {
    store.answer(
        "GET " + API + "experiments/get-by-name?experiment_name=digits",
        404,
        "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"none\"}");
    store.answer("POST " + API + "experiments/create", 200, "{\"experiment_id\":\"8\"}");
    assertThat(client.experimentId("digits")).isEqualTo("8");
  }

  @Test
  void sendsTheTokenAndTheBatchAsJson() {
    store.answer("POST " + API + "runs/log-batch", 200, "{}");
    client.logBatch(
        "r", List.of(new Metric("loss", Double.NaN, 5, 1)), List.of(), List.of(new Tag("a", "b")));
    assertThat(store.asked())
        .singleElement()
        .satisfies(
            asked -> {
              assertThat(asked.authorization()).isEqualTo("Bearer secret");
              assertThat(MlflowJson.mapper().readTree(asked.body()))
                  .isEqualTo(
                      MlflowJson.mapper()
                          .readTree(
                              """
                              {"run_id":"r","metrics":[{"key":"loss","value":"NaN","timestamp":5,"step":1}],
                               "params":[],"tags":[{"key":"a","value":"b"}]}"""));
            });
  }

  @Test
  void aMissingAliasIsEmptyWhetherTheModelIsThereOrNot() {
    var alias = "GET " + API + "registered-models/alias";
    var client = new MlflowClient(store.uri(), null);
    store.answer(
        alias + "?name=digits&alias=champion",
        400,
        "{\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"Registered model alias champion not found.\"}");
    store.answer(
        alias + "?alias=champion&name=digits",
        404,
        "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"no such model\"}");
    assertThat(client.versionByAlias("digits", "champion")).isEmpty();
  }

  @Test
  void asksWhereAnAliasIsAndWaitsForItsNextMove() {
    var watch = "GET " + API + "registered-models/my%20digits/alias/champion/watch";
    var version = "\"model_version\":{\"name\":\"my digits\",\"version\":\"3\"}";
    store.answer(watch, 200, "{\"revision\":4}");
    store.answer(
        watch + "?since=4&timeout_ms=30000",
        200,
        "{\"revision\":5,\"version\":\"3\"," + version + "}");
    assertThat(client.aliasState("my digits", "champion")).isEqualTo(new AliasState(4, null, null));
    var moved = client.watchAlias("my digits", "champion", 4, Duration.ofSeconds(30));
    assertThat(moved.revision()).isEqualTo(5);
    assertThat(moved.version()).isEqualTo("3");
    assertThat(moved.modelVersion()).extracting(ModelVersion::version).isEqualTo("3");
  }

  @Test
  void waitsForTheNextMoveOfAnyAlias() {
    var watch = "GET " + API + "registered-models/watch";
    store.answer(watch, 200, "{\"revision\":4}");
    store.answer(watch + "?since=4&timeout_ms=1000", 200, "{\"revision\":9}");
    assertThat(client.aliasRevision()).isEqualTo(4);
    assertThat(client.watchAliases(4, Duration.ofSeconds(1))).isEqualTo(9);
  }

  @Test
  void tellsAStoreThatCannotWatchFromAModelThatIsNotThere() {
    assertThatThrownBy(client::aliasRevision)
        .isInstanceOfSatisfying(
            MlflowException.class, e -> assertThat(e.isUnknownRoute()).isTrue());
    store.answer(
        "GET " + API + "registered-models/nobody/alias/champion/watch",
        404,
        "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"none\"}");
    assertThatThrownBy(() -> client.aliasState("nobody", "champion"))
        .isInstanceOfSatisfying(
            MlflowException.class, e -> assertThat(e.isUnknownRoute()).isFalse());
    store.answer("GET " + API + "registered-models/watch", 200, "{}");
    assertThatThrownBy(client::aliasRevision).hasMessageContaining("answered no field 'revision'");
    store.answer("GET " + API + "registered-models/watch", 200, "{\"revision\":null}");
    assertThatThrownBy(client::aliasRevision).hasMessageContaining("answered no field 'revision'");
  }

  @Test
  void rollsBackAndReadsTheHistory() {
    store.answer(
        "POST " + API + "registered-models/alias/rollback",
        200,
        "{\"revision\":7,\"model_version\":{\"name\":\"a\",\"version\":\"1\"},\"skipped_versions\":[\"2\"]}");
    var back = client.rollBackAlias("a", "champion", "why");
    assertThat(back.modelVersion().version()).isEqualTo("1");
    assertThat(back.skippedVersions()).containsExactly("2");
    assertThat(MlflowJson.mapper().readTree(store.asked().remove().body()))
        .isEqualTo(
            MlflowJson.mapper()
                .readTree("{\"name\":\"a\",\"alias\":\"champion\",\"reason\":\"why\"}"));
    store.answer(
        "GET " + API + "registered-models/alias/history?alias=champion&max_results=5&name=a",
        200,
        "{\"moves\":[{\"revision\":7,\"name\":\"a\",\"alias\":\"champion\",\"version\":\"1\",\"previous_version\":\"3\",\"moved_at\":12,\"moved_by\":\"ada\",\"reason\":\"why\"}]}");
    assertThat(client.aliasHistory("a", "champion", 5))
        .containsExactly(new AliasMove(7, "a", "champion", "1", "3", 12, "ada", "why"));
  }

  @Test
  void collectsTheModelsOfAllPages() {
    var search = "GET " + API + "registered-models/search?";
    store.answer(
        search + "max_results=1000",
        200,
        "{\"registered_models\":[{\"name\":\"a\",\"aliases\":[{\"alias\":\"champion\",\"version\":\"3\"}]}],\"next_page_token\":\"x=\"}");
    var second = "{\"registered_models\":[{\"name\":\"b\"}]}";
    store.answer(search + "max_results=1000&page_token=x%3D", 200, second);
    store.answer(search + "page_token=x%3D&max_results=1000", 200, second);
    var models = client.registeredModels();
    assertThat(models).extracting(RegisteredModel::name).containsExactly("a", "b");
    assertThat(models.getFirst().versionByAlias("champion")).contains("3");
  }

  @Test
  void findsTheVersionThatARunWrote() {
    store.answer(
        "GET " + API + "model-versions/search?filter=run_id%20%3D%20%27r%27",
        200,
        """
        {"model_versions":[{"name":"other","version":"9","run_id":"r"},
         {"name":"a","version":"2","run_id":"r"},{"name":"a","version":"10","run_id":"r"}]}""");
    store.answer("GET " + API + "model-versions/search?filter=run_id%20%3D%20%27s%27", 200, "{}");
    assertThat(client.versionOfRun("a", "r")).map(ModelVersion::version).contains("10");
    assertThat(client.versionOfRun("b", "r")).isEmpty();
    assertThat(client.versionOfRun("a", "s")).isEmpty();
  }

  @Test
  void findsTheFilesOfALoggedModel() {
    var query = "GET " + API + "model-versions/get-download-uri?";
    var answer = "{\"artifact_uri\":\"models:/m-1\"}";
    store.answer(query + "name=a&version=1", 200, answer);
    store.answer(query + "version=1&name=a", 200, answer);
    store.answer(
        "GET " + API + "logged-models/m-1",
        200,
        "{\"model\":{\"info\":{\"model_id\":\"m-1\",\"artifact_uri\":\"mlflow-artifacts:/1/models/m-1/artifacts\"},\"data\":{}}}");
    assertThat(client.downloadUri("a", "1")).isEqualTo("mlflow-artifacts:/1/models/m-1/artifacts");
  }

  @Test
  void downloadsAFolderWithItsFolders() {
    store.answer(
        "GET " + FILES + "?path=1%2Fr",
        200,
        "{\"files\":[{\"path\":\"a b.txt\",\"is_dir\":false,\"file_size\":5},{\"path\":\"in\",\"is_dir\":true}]}");
    store.answer(
        "GET " + FILES + "?path=1%2Fr%2Fin",
        200,
        "{\"files\":[{\"path\":\"c.txt\",\"is_dir\":false,\"file_size\":1}]}");
    store.answer("GET " + FILES + "/1/r/a%20b.txt", 200, "hello");
    store.answer("GET " + FILES + "/1/r/in/c.txt", 200, "c");
    client.downloadArtifacts("mlflow-artifacts:/1/r/", folder.resolve("x"));
    assertThat(folder.resolve("x/a b.txt")).hasContent("hello");
    assertThat(folder.resolve("x/in/c.txt")).hasContent("c");
  }

  @Test
  void writesNothingOutsideTheFolderWhateverTheListingSays() {
    for (var name : List.of("../evil", "/etc/evil", "..", ".", "", "a\\\\..\\\\b", "C:x")) {
      store.answer(
          "GET " + FILES + "?path=1%2Fr",
          200,
          "{\"files\":[{\"path\":\"" + name + "\",\"is_dir\":false,\"file_size\":5}]}");
      assertThatThrownBy(
              () -> client.downloadArtifacts("mlflow-artifacts:/1/r", folder.resolve("x")))
          .isInstanceOf(MlflowException.class)
          .hasMessageContaining("which is not a plain name");
    }
    assertThat(folder).isDirectoryContaining(path -> path.endsWith("x"));
    assertThat(folder.resolve("x")).isEmptyDirectory();
  }

  @Test
  void uploadsEveryFileOfAFolder() throws IOException {
    Files.createDirectories(folder.resolve("in"));
    Files.writeString(folder.resolve("MLmodel"), "flavors:");
    Files.writeString(folder.resolve("in/labels.txt"), "0");
    store.answer("PUT " + FILES + "/1/r/artifacts/model/MLmodel", 200, "");
    store.answer("PUT " + FILES + "/1/r/artifacts/model/in/labels.txt", 200, "");
    var run =
        MlflowJson.mapper()
            .readValue(
                "{\"run_id\":\"r\",\"artifact_uri\":\"mlflow-artifacts:/1/r/artifacts\"}",
                RunInfo.class);
    client.uploadArtifacts(run, "model", folder);
    assertThat(store.asked())
        .extracting(ScriptedStore.Asked::body)
        .containsExactlyInAnyOrder("flavors:", "0");
  }

  @Test
  void saysWhatTheStoreSaid() {
    store.answer(
        "POST " + API + "runs/set-tag",
        400,
        "{\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"bad key\"}");
    assertThatThrownBy(() -> client.setTag("r", "..", "x"))
        .isInstanceOfSatisfying(
            MlflowException.class,
            e -> {
              assertThat(e.status()).isEqualTo(400);
              assertThat(e.errorCode()).isEqualTo("INVALID_PARAMETER_VALUE");
              assertThat(e).hasMessage("bad key");
            });
  }

  @Test
  void namesAServerThatIsNoMlflow() {
    assertThatThrownBy(() -> client.run("r"))
        .isInstanceOf(MlflowException.class)
        .hasMessageContaining("GET " + store.uri() + API + "runs/get?run_id=r")
        .hasMessageEndingWith("was answered with status 404. Is this an MLflow server?");
  }

  @Test
  void saysHowToStartAStoreThatDoesNotAnswer() {
    store.close();
    assertThatThrownBy(() -> client.run("r"))
        .isInstanceOfSatisfying(MlflowException.class, e -> assertThat(e.status()).isZero())
        .hasMessageStartingWith("The store at " + store.uri() + " does not answer")
        .hasMessageContaining("set MILLRACE_STORE_URL");
  }

  @Test
  void refusesArtifactsThatItCannotReach() {
    var client = new MlflowClient(URI.create("http://127.0.0.1:1"), null);
    assertThatThrownBy(() -> client.downloadArtifacts("s3://bucket/x", folder))
        .hasMessageContaining("'s3://bucket/x'; this client reads only 'mlflow-artifacts:' ones");
  }
}
