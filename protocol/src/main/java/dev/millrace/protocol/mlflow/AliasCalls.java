package dev.millrace.protocol.mlflow;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** What model-store tells of aliases beyond MLflow: where they pointed, and when they move. */
final class AliasCalls {
  private static final String MODELS = "/api/2.0/mlflow/registered-models/";
  private static final String WATCH_ALL = MODELS + "watch";

  private final MlflowHttp http;

  AliasCalls(MlflowHttp http) {
    this.http = http;
  }

  AliasRolledBack rollBack(String name, String alias, String reason) {
    var body = Map.of("name", name, "alias", alias, "reason", reason);
    return http.read(http.send("POST", MODELS + "alias/rollback", body), AliasRolledBack.class);
  }

  List<AliasMove> history(String name, String alias, int most) {
    var query =
        new TreeMap<>(Map.of("name", name, "alias", alias, "max_results", String.valueOf(most)));
    var answer = http.get(MODELS + "alias/history", query);
    return answer.has("moves") ? List.of(http.read(answer, "moves", AliasMove[].class)) : List.of();
  }

  AliasState state(String name, String alias) {
    return state(http.get(watchOf(name, alias), Map.of()));
  }

  AliasState watch(String name, String alias, long since, Duration timeout) {
    return state(http.getAfter(timeout, watchOf(name, alias), query(since, timeout)));
  }

  long revision() {
    return revision(http.get(WATCH_ALL, Map.of()));
  }

  long watchAll(long since, Duration timeout) {
    return revision(http.getAfter(timeout, WATCH_ALL, query(since, timeout)));
  }

  private static String watchOf(String name, String alias) {
    return MODELS
        + MlflowHttp.encodedPath(name)
        + "/alias/"
        + MlflowHttp.encodedPath(alias)
        + "/watch";
  }

  private static Map<String, String> query(long since, Duration timeout) {
    var query = new TreeMap<String, String>();
    query.put("since", String.valueOf(since));
    query.put("timeout_ms", String.valueOf(timeout.toMillis()));
    return query;
  }

  private AliasState state(JsonNode answer) {
    // Without it, any answer would look like an alias that never was.
    revision(answer);
    return http.read(answer, AliasState.class);
  }

  private long revision(JsonNode answer) {
    return http.read(answer, "revision", Long.class);
  }
}
