package dev.millrace.store.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.RunningStore;
import dev.millrace.store.database.Database;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class AliasHistoryIT {
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
  void writesDownWhoMovedAnAliasAndWhy() {
    var model = AliasFixture.with(store, 2);
    model.set("champion", "1");
    model.set("champion", "2", "ada", "better recall");
    var moves = model.history("&alias=champion").path("moves");
    assertThat(moves).hasSize(2);
    var last = moves.path(0);
    assertThat(last.path("name").asString()).isEqualTo(model.model());
    assertThat(last.path("alias").asString()).isEqualTo("champion");
    assertThat(last.path("version").asString()).isEqualTo("2");
    assertThat(last.path("previous_version").asString()).isEqualTo("1");
    assertThat(last.path("moved_by").asString()).isEqualTo("ada");
    assertThat(last.path("reason").asString()).isEqualTo("better recall");
    assertThat(last.path("moved_at").asLong()).isPositive();
    assertThat(last.path("revision").asLong()).isGreaterThan(revision(moves.path(1)));
    assertThat(moves.path(1).has("previous_version")).isFalse();
    assertThat(moves.path(1).path("moved_by").asString()).isEmpty();
  }

  @Test
  void hasARowForEachKindOfMoveAndNoneForWhatMovesNothing() {
    var model = AliasFixture.with(store, 2);
    model.set("champion", "1");
    model.set("champion", "1", "ada", "again");
    model.remove("champion");
    model.remove("champion");
    model.set("champion", "1");
    model.set("old", "1");
    model.deleteVersion("1");
    model.set("champion", "2");
    model.deleteVersion("2");
    assertThat(model.moves("champion")).isEqualTo("2>- ->2 1>- ->1 1>- ->1");
    assertThat(model.moves("old")).isEqualTo("1>- ->1");
    assertThat(reason(model)).isEqualTo("version 2 was deleted");
  }

  @Test
  void whatIsRefusedLeavesNoTrace() {
    var model = AliasFixture.with(store, 1);
    var body = Map.of("alias", "champion", "version", "9");
    model.post("registered-models/alias", body).refused(404, "RESOURCE_DOES_NOT_EXIST", "");
    var long1 = Map.of("alias", "champion", "version", "1", "reason", "x".repeat(5_001));
    model
        .post("registered-models/alias", long1)
        .refused(400, "INVALID_PARAMETER_VALUE", "'reason' exceeds the maximum length of 5000");
    var long2 = Map.of("alias", "champion", "version", "1", "user_id", "x".repeat(257));
    model
        .post("registered-models/alias", long2)
        .refused(400, "INVALID_PARAMETER_VALUE", "'user_id' exceeds the maximum length of 256");
    var wrongType = Map.of("alias", "champion", "version", "1", "reason", 5);
    model
        .post("registered-models/alias", wrongType)
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid value 5 for parameter 'reason'");
    assertThat(model.moves("champion")).isEmpty();
    assertThat(model.revision("champion")).isZero();
  }

  @Test
  void goesWithTheModelToItsNewName() {
    var model = AliasFixture.with(store, 1);
    model.set("champion", "1");
    var revision = model.revision("champion");
    var renamed = model.renamed(model.model() + "-renamed");
    assertThat(renamed.moves("champion")).isEqualTo("->1");
    assertThat(renamed.revision("champion")).isEqualTo(revision);
    store
        .get("registered-models/alias/history?name=" + model.model())
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "Registered Model with name=" + model.model());
  }

  @Test
  void tellsOfAModelThatIsGoneAndOfAnotherUnderItsName() {
    var model = AliasFixture.with(store, 2);
    model.set("champion", "2");
    model.deleteModel();
    assertThat(model.moves("champion")).isEqualTo("2>- ->2");
    assertThat(reason(model)).isEqualTo("the model was deleted");

    var again = AliasFixture.named(store, model.model(), 1);
    assertThat(again.revision("champion")).isZero();
    again.set("champion", "1");
    assertThat(again.moves("champion")).isEqualTo("->1 2>- ->2");
    var renamed = again.renamed(model.model() + "-renamed");
    assertThat(renamed.moves("champion")).isEqualTo("->1");
    assertThat(again.moves("champion")).isEqualTo("2>- ->2");
  }

  @Test
  void comesInPagesOfAllAliasesOrOne() {
    var model = AliasFixture.with(store, 1);
    model.set("a", "1");
    model.set("b", "1");
    model.set("c", "1");
    var first = model.history("&max_results=2");
    assertThat(first.at("/moves/0/alias").asString()).isEqualTo("c");
    assertThat(first.at("/moves/1/alias").asString()).isEqualTo("b");
    var token = AliasFixture.encoded(first.path("next_page_token").asString());
    var second = model.history("&max_results=2&page_token=" + token);
    assertThat(second.path("moves")).hasSize(1);
    assertThat(second.at("/moves/0/alias").asString()).isEqualTo("a");
    assertThat(second.has("next_page_token")).isFalse();
    assertThat(model.history("&alias=b").path("moves")).hasSize(1);
    assertThat(model.history("&alias=none").toString()).isEqualTo("{}");
  }

  @Test
  void refusesWhatItCannotList() {
    store
        .get("registered-models/alias/history?name=nobody")
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "Registered Model with name=nobody not found");
    store
        .get("registered-models/alias/history?alias=champion")
        .refused(400, "INVALID_PARAMETER_VALUE", "required parameter 'name'");
    store
        .get("registered-models/alias/history?name=nobody&max_results=1001")
        .refused(400, "INVALID_PARAMETER_VALUE", "It must be at most 1000");
  }

  @Test
  void keepsTheLastMovesOfAnAlias() {
    var model = AliasFixture.with(store, 2);
    model.set("other", "1");
    var database = store.bean(Database.class);
    database.write(
        () ->
            database
                .jdbc()
                .sql(
                    """
                    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :most)
                    INSERT INTO registered_model_alias_moves
                      (revision, name, alias, version, moved_at, moved_by, reason)
                    SELECT -n, :name, 'champion', 1, 0, '', '' FROM numbers
                    """)
                .param("most", JdbcAliasMoves.MOST_MOVES)
                .param("name", model.model())
                .update());
    model.set("champion", "1");
    model.set("champion", "2");
    assertThat(count(database, model, "champion")).isEqualTo(JdbcAliasMoves.MOST_MOVES);
    assertThat(count(database, model, "other")).isEqualTo(1);
    assertThat(model.history("&alias=champion&max_results=1").at("/moves/0/version").asString())
        .isEqualTo("2");
  }

  @Test
  void survivesARestartWithItsRevisions(@TempDir Path other) {
    long revision;
    long all;
    AliasFixture model;
    try (var first = RunningStore.in(other)) {
      model = AliasFixture.with(first, 2);
      model.set("champion", "1", "ada", "first");
      revision = model.revision("champion");
      all = first.get("registered-models/watch").ok().path("revision").asLong();
    }
    try (var second = RunningStore.in(other)) {
      var after = new AliasFixture(second, model.model());
      assertThat(after.moves("champion")).isEqualTo("->1");
      assertThat(after.revision("champion")).isEqualTo(revision);
      assertThat(second.get("registered-models/watch").ok().path("revision").asLong())
          .isEqualTo(all);
      after.set("champion", "2");
      assertThat(after.revision("champion")).isGreaterThan(all);
    }
  }

  @Test
  void everyAnswerThatShowsAVersionShowsItsAliases() {
    var model = AliasFixture.with(store, 1);
    model.set("champion", "1");
    var name = "name=" + model.model();
    var filter = "filter=name%3D'" + model.model() + "'";
    var version = Map.of("version", "1");
    assertThat(aliases(store.get("model-versions/get?version=1&" + name), "/model_version"))
        .isEqualTo("[\"champion\"]");
    assertThat(aliases(store.get("model-versions/search?" + filter), "/model_versions/0"))
        .isEqualTo("[\"champion\"]");
    assertThat(aliases(model.send("PATCH", "model-versions/update", version), "/model_version"))
        .isEqualTo("[\"champion\"]");
    var stage = Map.of("version", "1", "stage", "Staging");
    assertThat(aliases(model.post("model-versions/transition-stage", stage), "/model_version"))
        .isEqualTo("[\"champion\"]");
    assertThat(
            aliases(store.get("registered-models/alias?alias=champion&" + name), "/model_version"))
        .isEqualTo("[\"champion\"]");
    assertThat(
            aliases(
                store.get("registered-models/get-latest-versions?" + name), "/model_versions/0"))
        .isEqualTo("[\"champion\"]");
    var latest = "/latest_versions/0";
    assertThat(aliases(store.get("registered-models/get?" + name), "/registered_model" + latest))
        .isEqualTo("[\"champion\"]");
    assertThat(
            aliases(
                store.get("registered-models/search?" + filter), "/registered_models/0" + latest))
        .isEqualTo("[\"champion\"]");
    assertThat(
            aliases(
                model.send("PATCH", "registered-models/update", Map.of()),
                "/registered_model" + latest))
        .isEqualTo("[\"champion\"]");
    var rename = Map.of("new_name", model.model() + "-renamed");
    assertThat(
            aliases(model.post("registered-models/rename", rename), "/registered_model" + latest))
        .isEqualTo("[\"champion\"]");
  }

  private static String aliases(RunningStore.Answer answer, String version) {
    return answer.ok().at(version).path("aliases").toString();
  }

  private static String reason(AliasFixture model) {
    return RunningStore.text(model.history(""), "/moves/0/reason");
  }

  private static long revision(JsonNode move) {
    return move.path("revision").asLong();
  }

  private static long count(Database database, AliasFixture model, String alias) {
    return database.read(
        () ->
            database
                .jdbc()
                .sql(
                    "SELECT COUNT(*) FROM registered_model_alias_moves WHERE name = :name AND alias = :alias")
                .param("name", model.model())
                .param("alias", alias)
                .query(Long.class)
                .single());
  }
}
