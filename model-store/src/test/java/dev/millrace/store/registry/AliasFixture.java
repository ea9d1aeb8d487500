package dev.millrace.store.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.protocol.mlflow.MlflowJson;
import dev.millrace.store.RunningStore;
import java.net.URLEncoder;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;

/** A registered model of a running store whose aliases move. */
record AliasFixture(RunningStore store, String model) {
  private static final String API = "/api/2.0/mlflow/";

  /** A new model with versions from 1 to the number. */
  static AliasFixture with(RunningStore store, int versions) {
    return named(store, "model-" + UUID.randomUUID(), versions);
  }

  static AliasFixture named(RunningStore store, String model, int versions) {
    var fixture = new AliasFixture(store, model);
    fixture.post("registered-models/create", Map.of()).ok();
    for (int version = 1; version <= versions; version++) {
      fixture.newVersion();
    }
    return fixture;
  }

  void newVersion() {
    post("model-versions/create", Map.of("source", "s3://bucket/model")).ok();
  }

  void set(String alias, String version) {
    set(alias, version, "", "");
  }

  void set(String alias, String version, String by, String reason) {
    var body = Map.of("alias", alias, "version", version, "user_id", by, "reason", reason);
    post("registered-models/alias", body).ok();
  }

  void remove(String alias) {
    send("DELETE", "registered-models/alias", Map.of("alias", alias)).ok();
  }

  void deleteVersion(String version) {
    send("DELETE", "model-versions/delete", Map.of("version", version)).ok();
  }

  void deleteModel() {
    send("DELETE", "registered-models/delete", Map.of()).ok();
  }

  AliasFixture renamed(String newName) {
    post("registered-models/rename", Map.of("new_name", newName)).ok();
    return new AliasFixture(store, newName);
  }

  RunningStore.Answer rollBack(String alias, Map<String, ?> more) {
    var body = new TreeMap<String, Object>(more);
    body.put("alias", alias);
    return post("registered-models/alias/rollback", body);
  }

  /** The moves, the newest first. */
  JsonNode history(String query) {
    return store.get("registered-models/alias/history?name=" + encoded(model) + query).ok();
  }

  /** Of an alias: VERSION from PREVIOUS, the newest first. */
  String moves(String alias) {
    var moves = new StringBuilder();
    for (var move : history("&alias=" + alias).path("moves")) {
      moves.append(shown(move, "previous_version")).append('>').append(shown(move, "version"));
      moves.append(' ');
    }
    return moves.toString().strip();
  }

  RunningStore.Answer watch(String alias, String query) {
    return store.send(store.request(watchPath(alias) + query));
  }

  CompletableFuture<RunningStore.Answer> watchLater(String alias, String query) {
    return store.sendLater(store.request(watchPath(alias) + query));
  }

  /** The revision of an alias. */
  long revision(String alias) {
    return watch(alias, "").ok().path("revision").asLong();
  }

  String watchPath(String alias) {
    return API + "registered-models/" + encoded(model) + "/alias/" + encoded(alias) + "/watch";
  }

  RunningStore.Answer post(String path, Map<String, ?> body) {
    return send("POST", path, body);
  }

  RunningStore.Answer send(String method, String path, Map<String, ?> body) {
    var named = new TreeMap<String, Object>(body);
    named.put("name", model);
    return store.json(method, path, MlflowJson.mapper().writeValueAsString(named));
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }

  private static String shown(JsonNode move, String field) {
    return move.has(field) ? move.path(field).asString() : "-";
  }
}
