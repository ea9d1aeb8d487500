package dev.millrace.store.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.mlflow.MlflowJson;
import dev.millrace.store.RunningStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Texts are compared and matched alike on every database, whatever its locale. */
class TextsIT {
  private static final List<String> BY_BYTES =
      List.of("A*b", "B", "[a]", "_x", "a", "a b", "a%b", "a\\b", "a_b", "\u00e4");

  @TempDir private static Path home;
  private static RunningStore store;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
    for (String name : BY_BYTES.reversed()) {
      var tags = List.of(Map.of("key", "t", "value", name));
      var run = Map.of("experiment_id", "0", "run_name", name, "tags", tags);
      store.post("runs/create", json(run)).ok();
      store.post("registered-models/create", json(Map.of("name", name))).ok();
    }
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  void ordersByBytes() {
    assertThat(runs("", "run_name")).containsExactlyElementsOf(BY_BYTES);
    assertThat(runs("", "tags.t DESC")).containsExactlyElementsOf(BY_BYTES.reversed());
    var models = new ArrayList<String>();
    for (JsonNode model : store.get("registered-models/search").ok().path("registered_models")) {
      models.add(model.path("name").asString());
    }
    assertThat(models).containsExactlyElementsOf(BY_BYTES);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          run_name LIKE 'a_b'     | a b,a%b,a\\b,a_b
          run_name ILIKE 'A_B'    | A*b,a b,a%b,a\\b,a_b
          run_name LIKE 'a\\%'     | a\\b
          run_name ILIKE 'A\\_'    | a\\b
          tags.t LIKE '%*%'       | A*b
          tags.t LIKE '[a]'       | [a]
          tags.t LIKE 'b'         | ~~
          tags.t ILIKE 'b'        | B
          run_name = 'b'          | ~~
          """)
  void matchesPatternsWithoutEscapes(String filter, String names) {
    var expected = names.isEmpty() ? List.of() : List.of(names.split(","));
    assertThat(runs(filter, "run_name")).isEqualTo(expected);
  }

  private static List<String> runs(String filter, String order) {
    var query =
        Map.of("experiment_ids", List.of("0"), "filter", filter, "order_by", List.of(order));
    var names = new ArrayList<String>();
    for (JsonNode run : store.post("runs/search", json(query)).ok().path("runs")) {
      names.add(run.at("/info/run_name").asString());
    }
    return names;
  }

  private static String json(Map<String, ?> body) {
    return MlflowJson.mapper().writeValueAsString(body);
  }
}
