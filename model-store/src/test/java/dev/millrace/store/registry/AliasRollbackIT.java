package dev.millrace.store.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.RunningStore;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AliasRollbackIT {
  private static final String WRONG = "INVALID_PARAMETER_VALUE";

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
  void goesBackToTheVersionBeforeTheLastMove() {
    var model = AliasFixture.with(store, 3);
    model.set("champion", "1");
    model.set("champion", "3");
    var answer =
        model.rollBack("champion", Map.of("reason", "wrong labels", "user_id", "ada")).ok();
    assertThat(answer.at("/model_version/version").asString()).isEqualTo("1");
    assertThat(answer.at("/model_version/aliases").toString()).isEqualTo("[\"champion\"]");
    assertThat(answer.has("skipped_versions")).isFalse();
    assertThat(answer.path("revision").asLong()).isEqualTo(model.revision("champion"));
    var last = model.history("&alias=champion").at("/moves/0");
    assertThat(last.path("reason").asString()).isEqualTo("wrong labels");
    assertThat(last.path("moved_by").asString()).isEqualTo("ada");
    assertThat(model.moves("champion")).isEqualTo("3>1 1>3 ->1");
  }

  @Test
  void isAMoveThatCanBeRolledBackToo() {
    var model = AliasFixture.with(store, 2);
    model.set("champion", "1");
    model.set("champion", "2");
    model.rollBack("champion", Map.of()).ok();
    var answer = model.rollBack("champion", Map.of()).ok();
    assertThat(answer.at("/model_version/version").asString()).isEqualTo("2");
  }

  @Test
  void skipsVersionsThatAreDeletedAndSaysSo() {
    var model = AliasFixture.with(store, 4);
    for (var version : new String[] {"1", "2", "3", "4"}) {
      model.set("champion", version);
    }
    model.deleteVersion("3");
    model.deleteVersion("2");
    var answer = model.rollBack("champion", Map.of()).ok();
    assertThat(answer.at("/model_version/version").asString()).isEqualTo("1");
    assertThat(answer.path("skipped_versions").toString()).isEqualTo("[\"3\",\"2\"]");
  }

  @Test
  void bringsBackAnAliasThatWasRemovedOrWhoseVersionWasDeleted() {
    var model = AliasFixture.with(store, 2);
    model.set("champion", "1");
    model.remove("champion");
    assertThat(model.rollBack("champion", Map.of()).ok().at("/model_version/version").asString())
        .isEqualTo("1");
    model.set("champion", "2");
    model.deleteVersion("2");
    var answer = model.rollBack("champion", Map.of()).ok();
    assertThat(answer.at("/model_version/version").asString()).isEqualTo("1");
    assertThat(answer.path("skipped_versions").toString()).isEqualTo("[\"2\"]");
  }

  @Test
  void goesBackToARevision() {
    var model = AliasFixture.with(store, 3);
    model.set("champion", "1");
    var revision = model.revision("champion");
    model.set("champion", "2");
    model.set("champion", "3");
    var answer = model.rollBack("champion", Map.of("to_revision", revision)).ok();
    assertThat(answer.at("/model_version/version").asString()).isEqualTo("1");
    var now = model.revision("champion");
    var same = model.rollBack("champion", Map.of("to_revision", revision)).ok();
    assertThat(same.path("revision").asLong()).isEqualTo(now);
    assertThat(model.moves("champion")).isEqualTo("3>1 2>3 1>2 ->1");
  }

  @Test
  void refusesARevisionThatIsNoneOfItsVersions() {
    var model = AliasFixture.with(store, 3);
    model.set("champion", "1");
    var deleted = model.revision("champion");
    model.remove("champion");
    var removed = model.revision("champion");
    model.set("other", "2");
    var others = model.revision("other");
    model.set("champion", "3");
    model.deleteVersion("1");
    model
        .rollBack("champion", Map.of("to_revision", deleted))
        .refused(400, WRONG, "to which alias 'champion' moved at revision " + deleted);
    model
        .rollBack("champion", Map.of("to_revision", removed))
        .refused(400, WRONG, "At revision " + removed + " alias 'champion' of");
    model
        .rollBack("champion", Map.of("to_revision", others))
        .refused(400, WRONG, "Revision " + others + " is no move of alias 'champion'");
    model
        .rollBack("champion", Map.of("to_revision", "x"))
        .refused(400, WRONG, "for parameter 'to_revision'");
    assertThat(model.moves("champion")).isEqualTo("->3 1>- ->1");
  }

  @Test
  void saysWhyThereIsNothingToRollBackTo() {
    var model = AliasFixture.with(store, 2);
    model
        .rollBack("champion", Map.of())
        .refused(400, WRONG, "Registered model alias champion not found. It never pointed");
    model.set("champion", "1");
    model
        .rollBack("champion", Map.of())
        .refused(400, WRONG, "it points to version 1, and no other version came before");
    model.set("champion", "2");
    model.deleteVersion("1");
    model
        .rollBack("champion", Map.of())
        .refused(400, WRONG, "it points to version 2, and the versions before are deleted: 1.");
    model.deleteVersion("2");
    model
        .rollBack("champion", Map.of())
        .refused(400, WRONG, "it points to no version, and the versions before are deleted: 2, 1.");
    new AliasFixture(store, "nobody")
        .rollBack("champion", Map.of())
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "Registered Model with name=nobody not found");
    store
        .post("registered-models/alias/rollback", "{\"name\":\"" + model.model() + "\"}")
        .refused(400, WRONG, "required parameter 'alias'");
  }

  @Test
  void doesNotGoBackToVersionsOfAModelThatHadTheNameBefore() {
    var model = AliasFixture.with(store, 2);
    model.set("champion", "1");
    var revision = model.revision("champion");
    model.set("champion", "2");
    model.deleteModel();
    var again = AliasFixture.named(store, model.model(), 2);
    again
        .rollBack("champion", Map.of())
        .refused(400, WRONG, "Registered model alias champion not found.");
    again.set("champion", "2");
    again
        .rollBack("champion", Map.of())
        .refused(400, WRONG, "it points to version 2, and no other version came before");
    again
        .rollBack("champion", Map.of("to_revision", revision))
        .refused(400, WRONG, "Revision " + revision + " is no move of alias 'champion'");
  }
}
