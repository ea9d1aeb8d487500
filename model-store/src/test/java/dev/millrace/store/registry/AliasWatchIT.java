package dev.millrace.store.registry;

import static dev.millrace.store.RunningStore.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.mlflow.AliasMove;
import dev.millrace.store.RunningStore;
import dev.millrace.store.database.Database;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AliasWatchIT {
  private static final String ALL = "/api/2.0/mlflow/registered-models/watch";

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
  void answersAtOnceWhoDoesNotKnowWhereTheAliasIs() {
    var model = AliasFixture.with(store, 1);
    assertThat(model.watch("champion", "").ok().toString()).isEqualTo("{\"revision\":0}");
    model.set("champion", "1");
    var state = model.watch("champion", "?since=0").ok();
    assertThat(state.path("revision").asLong()).isPositive();
    assertThat(state.path("version").asString()).isEqualTo("1");
    assertThat(state.at("/model_version/name").asString()).isEqualTo(model.model());
    assertThat(state.at("/model_version/aliases").toString()).isEqualTo("[\"champion\"]");
    assertThat(model.watch("champion", "?since=4711").ok()).isEqualTo(state);
  }

  @Test
  void answersTheSameWhenNothingMovesInTime() {
    var model = AliasFixture.with(store, 1);
    model.set("champion", "1");
    var state = model.watch("champion", "").ok();
    var since = "?since=" + state.path("revision").asLong();
    assertThat(model.watch("champion", since + "&timeout_ms=1").ok()).isEqualTo(state);
    assertThat(model.watch("champion", since + "&timeout_ms=0").ok()).isEqualTo(state);
    assertThat(store.send(store.request(ALL + since + "&timeout_ms=1")).ok().toString())
        .isEqualTo("{\"revision\":" + state.path("revision").asLong() + "}");
  }

  @Test
  void answersWhenTheAliasMoves() {
    var model = AliasFixture.with(store, 2);
    model.set("champion", "1");
    var answer = waiting(model, "champion");
    model.set("champion", "2");
    var state = of(answer).ok();
    assertThat(state.path("version").asString()).isEqualTo("2");
    assertThat(state.path("revision").asLong()).isEqualTo(model.revision("champion"));
    assertThat(waiters().count()).isZero();
  }

  @Test
  void goesOnWaitingWhenAnotherAliasMoves() {
    var model = AliasFixture.with(store, 2);
    model.set("champion", "1");
    var answer = waiting(model, "champion");
    var other = waiting(model, "other");
    model.set("other", "2");
    of(other).ok();
    assertThat(answer).isNotDone();
    model.remove("champion");
    var state = of(answer).ok();
    assertThat(state.has("version")).isFalse();
    assertThat(state.has("model_version")).isFalse();
  }

  @Test
  void answersWhenTheVersionIsDeleted() {
    var model = AliasFixture.with(store, 1);
    model.set("champion", "1");
    var revision = model.revision("champion");
    var answer = waiting(model, "champion");
    model.deleteVersion("1");
    var state = of(answer).ok();
    assertThat(state.path("revision").asLong()).isGreaterThan(revision);
    assertThat(state.has("version")).isFalse();
  }

  @Test
  void answersWhenTheModelGoes() {
    var model = AliasFixture.with(store, 1);
    model.set("champion", "1");
    var revision = model.revision("champion");
    var answer = waiting(model, "champion");
    var never = waiting(model, "never");
    model.deleteModel();
    var state = of(answer).ok();
    assertThat(state.path("revision").asLong()).isGreaterThan(revision);
    assertThat(state.has("version")).isFalse();
    of(never).refused(404, "RESOURCE_DOES_NOT_EXIST", model.model() + " not found");
    model.watch("champion", "").refused(404, "RESOURCE_DOES_NOT_EXIST", model.model());
  }

  @Test
  void answersWhenTheModelIsRenamed() {
    var model = AliasFixture.with(store, 1);
    model.set("champion", "1");
    var answer = waiting(model, "champion");
    model.renamed("other");
    of(answer).refused(404, "RESOURCE_DOES_NOT_EXIST", model.model() + " not found");
  }

  @Test
  void tellsOfAnyAliasOfAnyModel() {
    var model = AliasFixture.with(store, 1);
    var first = revisionOfAll();
    var answer = waitingForAll(first);
    model.set("champion", "1");
    var second = of(answer).ok().path("revision").asLong();
    assertThat(second).isEqualTo(model.revision("champion"));
    answer = waitingForAll(second);
    // Who serves by name has to look.
    model.renamed("other").deleteModel();
    assertThat(of(answer).ok().path("revision").asLong()).isGreaterThan(second);
  }

  @Test
  void hearsOfWhatAnotherProcessWroteIntoTheSameDatabase() {
    var model = AliasFixture.with(store, 1);
    var answer = waiting(model, "champion");
    var all = waitingForAll(revisionOfAll());
    moveInAnotherProcess(model);
    assertThat(of(answer).ok().path("version").asString()).isEqualTo("1");
    of(all).ok();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.b", "größe 100%", "a;b=c", "q?x#y", "a+b", "..."})
  void findsModelsWhateverTheirName(String name) {
    var model = AliasFixture.named(store, name, 1);
    model.set("größe-1", "1");
    assertThat(model.watch("größe-1", "").ok().at("/model_version/name").asString())
        .isEqualTo(name);
    var ajax = model.watchPath("größe-1").replace("/api/", "/ajax-api/");
    assertThat(store.send(store.request(ajax)).ok().path("version").asString()).isEqualTo("1");
  }

  @Test
  void saysWhatIsWrongWithAQuestion() {
    var model = AliasFixture.with(store, 1);
    new AliasFixture(store, "nobody")
        .watch("champion", "")
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "Registered Model with name=nobody not found");
    model
        .watch("champion", "?since=x")
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid value \"x\" for parameter 'since'");
    model
        .watch("champion", "?timeout_ms=60001")
        .refused(400, "INVALID_PARAMETER_VALUE", "It must be 0 to 60000 milliseconds");
    model
        .watch("champion", "?timeout_ms=-1")
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid value -1 for parameter 'timeout_ms'");
    store
        .post("registered-models/watch", "{}")
        .refused(405, "ENDPOINT_NOT_FOUND", "does not take POST");
  }

  @Test
  void manyWaitAndKeepNobodyFromWorking() {
    var model = AliasFixture.with(store, 2);
    model.set("champion", "1");
    var since = "?since=" + model.revision("champion");
    var answers = new ArrayList<CompletableFuture<RunningStore.Answer>>();
    for (int i = 0; i < 300; i++) {
      answers.add(model.watchLater("champion", since));
    }
    await(() -> waiters().count() == 300);
    store.experiment("while they wait");
    model.set("champion", "2");
    for (var answer : answers) {
      assertThat(of(answer).ok().path("version").asString()).isEqualTo("2");
    }
    assertThat(waiters().count()).isZero();
  }

  @Test
  void aCallerWhoLeavesFreesItsPlace() throws IOException {
    var model = AliasFixture.with(store, 1);
    try (var socket = new Socket(store.uri().getHost(), store.uri().getPort())) {
      var line = "GET " + model.watchPath("champion") + "?since=0&timeout_ms=60000 HTTP/1.1";
      socket.getOutputStream().write((line + "\r\nHost: localhost\r\n\r\n").getBytes(UTF_8));
      await(() -> waiters().count() == 1);
    }
    await(() -> waiters().count() == 0);
  }

  @Test
  void aCallerWhoSendsMoreIsStillThere() throws IOException {
    var model = AliasFixture.with(store, 1);
    try (var socket = new Socket(store.uri().getHost(), store.uri().getPort())) {
      socket.setSoTimeout(20_000);
      var head = " HTTP/1.1\r\nHost: localhost\r\n";
      var watch = "GET " + model.watchPath("champion") + "?since=0&timeout_ms=60000" + head;
      var version = "GET /version" + head + "Connection: close\r\n\r\n";
      socket.getOutputStream().write((watch + "\r\n" + version).getBytes(UTF_8));
      await(() -> waiters().count() == 1);
      model.set("champion", "1");
      var answers = new String(socket.getInputStream().readAllBytes(), UTF_8);
      assertThat(answers).containsSubsequence("\"version\":\"1\"", "HTTP/1.1 200", "3.17");
    }
  }

  @Test
  void aStopAnswersThoseWhoWait(@TempDir Path other) {
    CompletableFuture<RunningStore.Answer> answer;
    CompletableFuture<RunningStore.Answer> all;
    try (var stopping = RunningStore.in(other)) {
      var model = AliasFixture.with(stopping, 1);
      answer = model.watchLater("champion", "?since=0&timeout_ms=60000");
      all = stopping.sendLater(stopping.request(ALL + "?since=0&timeout_ms=60000"));
      await(() -> stopping.bean(AliasWaiters.class).count() == 2);
      stopping.stop();
      assertThat(of(answer).ok().toString()).isEqualTo("{\"revision\":0}");
      assertThat(of(all).ok().toString()).isEqualTo("{\"revision\":0}");
    }
  }

  private AliasWaiters waiters() {
    return store.bean(AliasWaiters.class);
  }

  /** A question that waits for the next move of the alias. */
  private CompletableFuture<RunningStore.Answer> waiting(AliasFixture model, String alias) {
    int before = waiters().count();
    var answer = model.watchLater(alias, "?since=" + model.revision(alias));
    await(() -> waiters().count() > before);
    return answer;
  }

  private CompletableFuture<RunningStore.Answer> waitingForAll(long since) {
    int before = waiters().count();
    var answer = store.sendLater(store.request(ALL + "?since=" + since));
    await(() -> waiters().count() > before);
    return answer;
  }

  private long revisionOfAll() {
    return store.send(store.request(ALL)).ok().path("revision").asLong();
  }

  /** The same rows without a word to those who wait. */
  private void moveInAnotherProcess(AliasFixture model) {
    var moves = store.bean(JdbcAliasMoves.class);
    var versions = store.bean(JdbcVersions.class);
    store
        .bean(Database.class)
        .write(
            () -> {
              moves.insert(
                  new AliasMove(
                      moves.nextRevision(), model.model(), "champion", "1", null, 1, "", ""));
              versions.setAlias(new VersionId(model.model(), 1), "champion");
            });
  }

  private static RunningStore.Answer of(CompletableFuture<RunningStore.Answer> answer) {
    return answer.orTimeout(20, TimeUnit.SECONDS).join();
  }
}
