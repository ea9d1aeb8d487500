package dev.millrace.store.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.Point;
import dev.millrace.store.RunningStore;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegistrySearchIT {
  @TempDir private static Path home;
  private static RunningStore store;
  private static String run;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
    run = store.run("0");
    model("alpha", "{\"key\":\"team\",\"value\":\"Red\"}");
    model("beta", "{\"key\":\"team\",\"value\":\"blue\"}");
    model("prompt", "{\"key\":\"mlflow.prompt.is_prompt\",\"value\":\"true\"}");
    version("alpha", "s3://bucket/one", "");
    version("alpha", source(), run);
    version("beta", "s3://bucket/two", "");
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @ParameterizedTest
  @Point({21, 24})
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          ~~                                                | alpha beta
          name = 'alpha'                                    | alpha
          name LIKE 'A%'                                    | ~~
          name ILIKE 'A%'                                   | alpha
          attribute.name != 'alpha'                         | beta
          name IN ('beta', 'x')                             | beta
          tags.`mlflow.prompt.is_prompt` = 'false'          | alpha beta
          tags.`mlflow.prompt.is_prompt` != 'false'         | prompt
          tags.team = 'Red'                                 | alpha
          tag.team != 'Red'                                 | beta
          tags.team ILIKE 'B%' OR name = 'alpha'            | alpha beta
          tags.`mlflow.prompt.is_prompt` = 'true'           | prompt
          tags.`mlflow.prompt.is_prompt` != 'true'          | alpha beta
          tags.`mlflow.prompt.is_prompt` IS NOT NULL        | ~~
          tags.`mlflow.prompt.is_prompt` LIKE 'no%'         | ~~
          tags.`mlflow.prompt.is_prompt` IS NULL            | alpha beta
          """)
  void findsModels(String filter, String names) {
    assertThat(found("registered-models", "registered_models", "name", filter, ""))
        .isEqualTo(names.isEmpty() ? List.of() : List.of(names.split(" ")));
  }

  @ParameterizedTest
  @Point(21)
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          ~~                                     | s3://bucket/two
          name = 'alpha' AND source_path LIKE 's3:%' | s3://bucket/one
          version_number > 1                     | %s
          version_number = '2'                   | %s
          name IN ('alpha') AND version_number != 1 | %s
          version_number = 1 AND name = 'beta'   | s3://bucket/two
          run_id = '%s'                          | %s
          run_id IN ('nobody', '%s')             | %s
          """)
  void findsVersions(String filter, String first) {
    var found =
        found(
            "model-versions",
            "model_versions",
            "source",
            filter.replace("%s", run),
            filter.isEmpty() ? "name DESC" : "");
    assertThat(found.getFirst()).isEqualTo(first.replace("%s", source()));
  }

  @Test
  @Point(21)
  void sortsModelsAndVersions() {
    assertThat(found("registered-models", "registered_models", "name", "", "name DESC"))
        .containsExactly("beta", "alpha");
    assertThat(
            found(
                "registered-models",
                "registered_models",
                "last_updated_timestamp",
                "",
                "timestamp DESC"))
        .isSortedAccordingTo(Comparator.reverseOrder());
    assertThat(
            found(
                "registered-models",
                "registered_models",
                "last_updated_timestamp",
                "",
                "last_updated_timestamp"))
        .isSorted();
    assertThat(found("model-versions", "model_versions", "version", "", ""))
        .containsExactly("2", "1", "1");
    assertThat(found("model-versions", "model_versions", "version", "", "version_number ASC"))
        .containsExactly("1", "1", "2");
  }

  @ParameterizedTest
  @Point({20, 21})
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          registered-models | filter=run_id = 'x'           | Invalid attribute key 'run_id' specified. Valid keys are
          registered-models | filter=metrics.a > 1          | Invalid entity type 'metric
          registered-models | filter=name = 1               | Expected a quoted string value for attributes
          registered-models | filter=name > 'x'             | Invalid comparator '>'
          registered-models | filter=tags.a IN ('x')        | Expected a quoted string value for tag
          registered-models | order_by=bogus                | Invalid order by key 'bogus' specified
          registered-models | max_results=0                 | Invalid value 0 for parameter 'max_results' supplied
          registered-models | max_results=1001              | Invalid value 1001 for parameter 'max_results' supplied
          registered-models | page_token=???                | Invalid page token, could not base64-decode
          model-versions    | filter=creation_timestamp > 1 | Invalid attribute key 'creation_timestamp' specified
          model-versions    | filter=source_path IN ('x')   | Only ['name', 'run_id'] attributes support comparison with a list
          model-versions    | filter=version_number = 1.5   | Invalid value for numeric attribute 'version_number': 1.5
          model-versions    | max_results=0                 | Invalid value 0 for parameter 'max_results' supplied
          model-versions    | max_results=200001            | Invalid value 200001 for parameter 'max_results' supplied
          """)
  void refusesWhatMakesNoSense(String what, String query, String message) {
    var name = query.substring(0, query.indexOf('='));
    var value = encoded(query.substring(query.indexOf('=') + 1));
    store
        .get(what + "/search?" + name + "=" + value)
        .refused(400, "INVALID_PARAMETER_VALUE", message);
  }

  @Test
  @Point(25)
  void theLatestVersionsOfStages() {
    model("staged", "");
    version("staged", "s3://bucket/a", "");
    version("staged", "s3://bucket/b", "");
    store
        .post(
            "model-versions/transition-stage",
            "{\"name\":\"staged\",\"version\":\"1\",\"stage\":\"sTaGiNg\",\"archive_existing_versions\":false}")
        .ok();
    var path = "registered-models/get-latest-versions?name=staged";
    assertThat(store.get(path + "&stages=Staging").ok().path("model_versions")).hasSize(1);
    assertThat(store.get(path + "&stages=staging&stages=None").ok().path("model_versions"))
        .hasSize(2);
    assertThat(store.get(path + "&stages=Production").ok().toString()).isEqualTo("{}");
    store
        .get(path + "&stages=Bogus")
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid Model Version stage: Bogus");
  }

  @Test
  @Point(6)
  void emptyTextsShowWhereTheyWereSet() {
    model("empty", "");
    var created =
        store.post(
            "model-versions/create",
            "{\"name\":\"empty\",\"source\":\"s3://bucket/x\",\"run_link\":\"\",\"description\":\"\"}");
    assertThat(created.ok().path("model_version").path("run_link").asString("absent")).isEmpty();
    assertThat(created.ok().path("model_version").has("tags")).isFalse();
    assertThat(created.ok().path("model_version").has("aliases")).isFalse();
  }

  @Test
  @Point({22, 27})
  void namesAreAskedForAndDeletingIsFinal() {
    store
        .post("registered-models/create", "{\"name\":\"\"}")
        .refused(400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'name'.");
    store
        .post("registered-models/create", "{\"name\":\"a:b\"}")
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid model name 'a:b'");
    model("final", "{\"key\":\"a\",\"value\":\"b\"}");
    version("final", "s3://bucket/x", "");
    store.json("DELETE", "registered-models/delete", "{\"name\":\"final\"}").ok();
    store
        .json("DELETE", "registered-models/delete", "{\"name\":\"final\"}")
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "Registered Model with name=final not found");
    model("final", "");
    assertThat(store.get("registered-models/get?name=final").ok().toString())
        .doesNotContain("tags", "latest_versions");
  }

  @Test
  @Point(23)
  void aliasesTakeDigitsAndTellCases() {
    model("aliased", "");
    version("aliased", "s3://bucket/x", "");
    for (String alias : List.of("123", "Champion", "champion", "a-b_c")) {
      store
          .post(
              "registered-models/alias",
              "{\"name\":\"aliased\",\"alias\":\"%s\",\"version\":\"1\"}".formatted(alias))
          .ok();
    }
    var version = store.get("registered-models/alias?name=aliased&alias=123").ok();
    assertThat(version.at("/model_version/aliases").toString())
        .isEqualTo("[\"123\",\"Champion\",\"a-b_c\",\"champion\"]");
    store
        .get("registered-models/alias?name=aliased&alias=CHAMPION")
        .refused(400, "INVALID_PARAMETER_VALUE", "Registered model alias CHAMPION not found.");
  }

  private static void model(String name, String tag) {
    store
        .post("registered-models/create", "{\"name\":\"%s\",\"tags\":[%s]}".formatted(name, tag))
        .ok();
  }

  private static void version(String name, String source, String runId) {
    store
        .post(
            "model-versions/create",
            "{\"name\":\"%s\",\"source\":\"%s\",\"run_id\":\"%s\"}".formatted(name, source, runId))
        .ok();
  }

  private static String source() {
    return "mlflow-artifacts:/0/%s/artifacts/model".formatted(run);
  }

  private static List<String> found(
      String what, String list, String field, String filter, String order) {
    var path = what + "/search?filter=" + encoded(filter);
    var answer = store.get(order.isEmpty() ? path : path + "&order_by=" + encoded(order)).ok();
    var found = new ArrayList<String>();
    // Other tests of this class add models with other letters.
    answer
        .path(list)
        .forEach(
            one -> {
              if (List.of("alpha", "beta", "prompt").contains(one.path("name").asString())) {
                found.add(one.path(field).asString());
              }
            });
    return found;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
