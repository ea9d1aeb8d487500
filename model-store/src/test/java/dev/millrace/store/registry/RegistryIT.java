package dev.millrace.store.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.Point;
import dev.millrace.store.RunningStore;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class RegistryIT {
  @TempDir private static Path home;
  private static RunningStore store;
  private static String run;
  private String model;

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
  void createModel() {
    model = "model-" + UUID.randomUUID();
    post("registered-models/create", "{\"name\":\"" + model + "\"}");
  }

  @Test
  @Point(22)
  void numbersVersionsAndNeverGivesANumberAgain() {
    assertThat(newVersion()).isEqualTo("1");
    assertThat(newVersion()).isEqualTo("2");
    store.json("DELETE", "model-versions/delete", version("2")).ok();
    store
        .get("model-versions/get?version=2&name=" + model)
        .refused(
            404,
            "RESOURCE_DOES_NOT_EXIST",
            "Model Version (name=" + model + ", version=2) not found");
    assertThat(newVersion()).isEqualTo("3");
  }

  @Test
  @Point({23, 24})
  void anAliasMovesAndShowsInEveryAnswer() {
    newVersion();
    newVersion();
    alias("champion", "1").ok();
    alias("champion", "2").ok();
    var byAlias = store.get("registered-models/alias?alias=champion&name=" + model).ok();
    assertThat(byAlias.at("/model_version/version").asString()).isEqualTo("2");
    assertThat(aliases(byAlias.at("/model_version"))).isEqualTo("[\"champion\"]");
    var get = store.get("model-versions/get?version=2&name=" + model).ok();
    assertThat(aliases(get.at("/model_version"))).isEqualTo("[\"champion\"]");
    var filter = "filter=name%3D'" + model + "'";
    var search = store.get("model-versions/search?order_by=version_number%20DESC&" + filter).ok();
    assertThat(aliases(search.at("/model_versions/0"))).isEqualTo("[\"champion\"]");
    assertThat(search.at("/model_versions/1").has("aliases")).isFalse();
    var models = store.get("registered-models/search?" + filter).ok();
    assertThat(models.at("/registered_models/0/aliases").toString())
        .isEqualTo("[{\"alias\":\"champion\",\"version\":\"2\"}]");
    assertThat(aliases(models.at("/registered_models/0/latest_versions/0")))
        .isEqualTo("[\"champion\"]");
  }

  @Test
  @Point(21)
  void versionsAreSortedByNameAndThenTheHighestFirst() {
    for (int number = 1; number <= 10; number++) {
      newVersion();
    }
    // Changed last and yet at the end.
    var first = model;
    model = first + "-after";
    post("registered-models/create", "{\"name\":\"" + model + "\"}");
    newVersion();
    var search = "model-versions/search?filter=name%20LIKE%20'" + first + "%25'";

    var found = store.get(search).ok().path("model_versions");

    assertThat(found)
        .extracting(version -> version.path("version").asString())
        .containsExactly("10", "9", "8", "7", "6", "5", "4", "3", "2", "1", "1");
    assertThat(found.path(10).path("name").asString()).isEqualTo(model);
  }

  @Test
  @Point(23)
  void missingAliasesAndModelsAnswerAsMlflowDoes() {
    newVersion();
    store
        .get("registered-models/alias?alias=nope&name=" + model)
        .refused(400, "INVALID_PARAMETER_VALUE", "Registered model alias nope not found.");
    store
        .get("registered-models/alias?alias=champion&name=nobody")
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "Registered Model with name=nobody not found");
    alias("champion", "9").refused(404, "RESOURCE_DOES_NOT_EXIST", "version=9) not found");
    var delete = "{\"name\":\"%s\",\"alias\":\"nope\"}".formatted(model);
    store.json("DELETE", "registered-models/alias", delete).ok();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          v1     | 'v1' is reserved
          Latest | 'latest' alias name
          a b    | Invalid alias name: 'a b'
          """)
  @Point(23)
  void refusesAliasesThatMeanSomethingElse(String alias, String why) {
    newVersion();
    alias(alias, "1").refused(400, "INVALID_PARAMETER_VALUE", why);
  }

  @Test
  @Point({23, 27})
  void deletingAVersionDeletesItsAliasesAndRenamingKeepsThem() {
    newVersion();
    newVersion();
    alias("old", "1").ok();
    alias("new", "2").ok();
    store.json("DELETE", "model-versions/delete", version("1")).ok();
    var renamed = model + "-renamed";
    post(
        "registered-models/rename",
        "{\"name\":\"%s\",\"new_name\":\"%s\"}".formatted(model, renamed));
    var found = store.get("registered-models/get?name=" + renamed).ok();
    assertThat(found.at("/registered_model/aliases").toString())
        .isEqualTo("[{\"alias\":\"new\",\"version\":\"2\"}]");
    assertThat(found.at("/registered_model/latest_versions/0/name").asString()).isEqualTo(renamed);
    store.json("DELETE", "registered-models/delete", "{\"name\":\"" + renamed + "\"}").ok();
    store
        .get("model-versions/get?version=2&name=" + renamed)
        .refused(404, "RESOURCE_DOES_NOT_EXIST", renamed);
  }

  @Test
  @Point(25)
  void stagesArchiveTheOthersWhenAsked() {
    newVersion();
    newVersion();
    var move =
        "{\"name\":\"%s\",\"version\":\"%s\",\"stage\":\"%s\",\"archive_existing_versions\":true}";
    post("model-versions/transition-stage", move.formatted(model, "1", "production"));
    post("model-versions/transition-stage", move.formatted(model, "2", "PRODUCTION"));
    var latest =
        store.post("registered-models/get-latest-versions", "{\"name\":\"" + model + "\"}").ok();
    assertThat(latest.at("/model_versions/0/current_stage").asString()).isEqualTo("Archived");
    assertThat(latest.at("/model_versions/1/current_stage").asString()).isEqualTo("Production");
    store
        .post("model-versions/transition-stage", move.formatted(model, "1", "Foo"))
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid Model Version stage: Foo");
  }

  @Test
  @Point(26)
  void tagsComeAndGo() {
    newVersion();
    var tag =
        "{\"name\":\"%s\",\"version\":\"1\",\"key\":\"millrace.verdict\",\"value\":\"promoted\"}";
    post("model-versions/set-tag", tag.formatted(model));
    post("registered-models/set-tag", tag.formatted(model));
    var path =
        "model-versions/search?filter=tags.`millrace.verdict`%3D'promoted'%20AND%20name%3D'"
            + model
            + "'";
    assertThat(store.get(path.replace("`", "%60")).ok().path("model_versions")).hasSize(1);
    store.json("DELETE", "model-versions/delete-tag", tag.formatted(model)).ok();
    store.json("DELETE", "model-versions/delete-tag", tag.formatted(model)).ok();
    assertThat(
            store
                .get("model-versions/get?version=1&name=" + model)
                .ok()
                .at("/model_version")
                .has("tags"))
        .isFalse();
  }

  @Test
  void hidesPromptsUnlessAskedFor() {
    post(
        "registered-models/create",
        """
        {"name":"a-prompt","tags":[{"key":"mlflow.prompt.is_prompt","value":"true"}]}
        """);
    var search = "registered-models/search?filter=name%3D'a-prompt'";
    assertThat(store.get(search).ok().toString()).isEqualTo("{}");
    assertThat(
            store
                .get(search + "%20AND%20tags.mlflow.prompt.is_prompt%3D'true'")
                .ok()
                .path("registered_models"))
        .hasSize(1);
    var plain =
        "registered-models/search?filter=name%3D'"
            + model
            + "'%20AND%20tags.mlflow.prompt.is_prompt!%3D'true'";
    assertThat(store.get(plain).ok().path("registered_models")).hasSize(1);
  }

  @Test
  @Point({1, 22})
  void refusesNamesThatUrisCannotCarry() {
    store
        .post("registered-models/create", "{\"name\":\"a/b\"}")
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid model name 'a/b'");
    store
        .post("registered-models/create", "{\"name\":\"" + model + "\"}")
        .refused(400, "RESOURCE_ALREADY_EXISTS", "already exists");
    store
        .get("model-versions/get?version=x&name=" + model)
        .refused(
            400, "INVALID_PARAMETER_VALUE", "Parameter 'version' must be an integer, got 'x'.");
  }

  @Test
  void copiesAVersionByItsUri() {
    newVersion();
    alias("champion", "1").ok();
    var copy = create("models:/" + model + "@champion", "").ok();
    assertThat(copy.at("/model_version/run_id").asString()).isEqualTo(run);
    var uri = store.get("model-versions/get-download-uri?version=2&name=" + model).ok();
    assertThat(uri.at("/artifact_uri").asString()).isEqualTo(source());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          /etc                              | A local path cannot be a source here
          file:///etc                       | A local path cannot be a source here
          C:/models                         | A local path cannot be a source here
          C:\\\\models                       | is no URI
          http://host/x                     | 'source' cannot use the 'http' scheme
          s3://bucket                       | Please provide an absolute path
          s3://bucket/a/../b                | Please provide an absolute path
          s3://bucket/%252e%252e/b          | Please provide an absolute path
          mlflow-artifacts://evil/0/r/artifacts/model | names the host 'evil'
          models:/nobody/1                  | not found
          models:/m-00000000000000000000000000000000 | The model_id request parameter must identify
          mlflow-artifacts:/0/other/artifacts/model  | The run_id request parameter must identify
          """)
  @Point({22, 26})
  void refusesSourcesThatNobodyShouldBeMadeToRead(String source, String why) {
    var answer = create(source, run);
    assertThat(answer.status()).isIn(400, 404);
    assertThat(answer.text()).contains(why);
  }

  @Test
  @Point(26)
  void takesSourcesInOtherStoresUnread() {
    assertThat(create("s3://bucket/model", "").ok().at("/model_version/status").asString())
        .isEqualTo("READY");
  }

  @Test
  void aPromptHasAVersionWithoutFiles() {
    create("dummy-source", "").refused(400, "INVALID_PARAMETER_VALUE", "A local path");
    post(
        "registered-models/set-tag",
        "{\"name\":\"%s\",\"key\":\"mlflow.prompt.is_prompt\",\"value\":\"true\"}"
            .formatted(model));
    assertThat(create("dummy-source", "").ok().at("/model_version/source").asString())
        .isEqualTo("dummy-source");
    create("/etc", "").refused(400, "INVALID_PARAMETER_VALUE", "A local path");
  }

  private String newVersion() {
    return RunningStore.text(create(source(), run).ok(), "/model_version/version");
  }

  private RunningStore.Answer create(String source, String runId) {
    return store.post(
        "model-versions/create",
        "{\"name\":\"%s\",\"source\":\"%s\",\"run_id\":\"%s\"}".formatted(model, source, runId));
  }

  private static String source() {
    return "mlflow-artifacts:/0/%s/artifacts/model".formatted(run);
  }

  private RunningStore.Answer alias(String alias, String version) {
    return store.post(
        "registered-models/alias",
        "{\"name\":\"%s\",\"alias\":\"%s\",\"version\":\"%s\"}".formatted(model, alias, version));
  }

  private String version(String version) {
    return "{\"name\":\"%s\",\"version\":\"%s\"}".formatted(model, version);
  }

  private static String aliases(JsonNode version) {
    return version.path("aliases").toString();
  }

  private static void post(String path, String json) {
    store.post(path, json).ok();
  }
}
