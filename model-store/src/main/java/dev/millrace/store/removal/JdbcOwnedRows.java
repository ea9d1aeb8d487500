package dev.millrace.store.removal;

import dev.millrace.store.database.Database;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.springframework.stereotype.Repository;

/** Deletes the rows of what is being removed, a bounded number at a time. */
@Repository
final class JdbcOwnedRows {
  private static final int CHUNK = 1_000;

  /**
   * Rows that go with their owner.
   *
   * @param order columns in the order of an index behind the owner's; one row or two at most have
   *     the same values
   */
  private record Owned(String table, String owner, List<String> order) {}

  private static final Map<Kind, List<Owned>> OWNED =
      Map.of(
          Kind.EXPERIMENT,
          List.of(
              new Owned("experiment_tags", "experiment_id", List.of("key")),
              new Owned("datasets", "experiment_id", List.of("name", "digest"))),
          Kind.RUN,
          List.of(
              new Owned("metrics", "run_uuid", List.of("key", "timestamp", "step", "value")),
              new Owned("latest_metrics", "run_uuid", List.of("key")),
              new Owned("params", "run_uuid", List.of("key")),
              new Owned("tags", "run_uuid", List.of("key")),
              new Owned(
                  "logged_model_metrics",
                  "run_id",
                  List.of("model_id", "metric_name", "metric_timestamp_ms", "metric_step"))),
          Kind.LOGGED_MODEL,
          List.of(
              new Owned(
                  "logged_model_metrics",
                  "model_id",
                  List.of("metric_name", "metric_timestamp_ms", "metric_step", "run_id")),
              new Owned("logged_model_params", "model_id", List.of("param_key")),
              new Owned("logged_model_tags", "model_id", List.of("tag_key"))));

  private final Database database;

  JdbcOwnedRows(Database database) {
    this.database = database;
  }

  /** Deletes some; true when there are more. */
  boolean deleteSome(Claim claim) {
    var owner = owner(claim);
    for (Owned rows : Objects.requireNonNull(OWNED.get(claim.kind()))) {
      if (deleteSome(rows, owner)) {
        return true;
      }
    }
    deleteRest(claim, owner);
    return false;
  }

  private boolean deleteSome(Owned rows, Object owner) {
    var columns = String.join(", ", rows.order());
    var ofOwner = " FROM " + rows.table() + " WHERE " + rows.owner() + " = :owner";
    var end =
        database
            .jdbc()
            .sql("SELECT " + columns + ofOwner + " ORDER BY " + columns + " LIMIT 1 OFFSET :chunk")
            .param("owner", owner)
            .param("chunk", CHUNK)
            .query()
            .listOfRows();
    if (end.isEmpty()) {
      database.jdbc().sql("DELETE" + ofOwner).param("owner", owner).update();
      return false;
    }
    var parameters = new HashMap<String, Object>(Map.of("owner", owner));
    rows.order().forEach(column -> parameters.put(column, end.getFirst().get(column)));
    var values = rows.order().stream().map(":"::concat).collect(Collectors.joining(", "));
    database
        .jdbc()
        .sql("DELETE" + ofOwner + " AND (" + columns + ") < (" + values + ")")
        .params(parameters)
        .update();
    return true;
  }

  private void deleteRest(Claim claim, Object owner) {
    switch (claim.kind()) {
      case EXPERIMENT -> {
        update("DELETE FROM experiments WHERE experiment_id = :owner", owner);
        update(
            "INSERT INTO removed_experiments (experiment_id) VALUES (:owner) ON CONFLICT DO"
                + " NOTHING",
            owner);
      }
      case RUN -> {
        deleteInputs(
            """
            (source_type IN ('RUN_INPUT', 'RUN_OUTPUT') AND source_id = :owner)
            OR (destination_type = 'RUN' AND destination_id = :owner)\
            """,
            owner);
        update("DELETE FROM runs WHERE run_uuid = :owner", owner);
      }
      case LOGGED_MODEL -> {
        deleteInputs(
            "destination_type IN ('MODEL_INPUT', 'MODEL_OUTPUT') AND destination_id = :owner",
            owner);
        update("DELETE FROM logged_models WHERE model_id = :owner", owner);
      }
    }
  }

  private void deleteInputs(String condition, Object owner) {
    update(
        "DELETE FROM input_tags WHERE input_uuid IN (SELECT input_uuid FROM inputs WHERE "
            + condition
            + ")",
        owner);
    update("DELETE FROM inputs WHERE " + condition, owner);
  }

  private void update(String sql, Object owner) {
    database.jdbc().sql(sql).param("owner", owner).update();
  }

  private static Object owner(Claim claim) {
    return claim.kind() == Kind.EXPERIMENT ? Long.valueOf(claim.id()) : claim.id();
  }
}
