package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Param;
import dev.millrace.protocol.mlflow.Run;
import dev.millrace.protocol.mlflow.RunData;
import dev.millrace.protocol.mlflow.RunInfo;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.database.Database;
import dev.millrace.store.database.Rows;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.stereotype.Repository;

/** The rows of params and tags, and runs completed with all that belongs to them. */
@Repository
final class JdbcRunData {
  private final Database database;
  private final JdbcInputs inputs;

  JdbcRunData(Database database, JdbcInputs inputs) {
    this.database = database;
    this.inputs = inputs;
  }

  /** Adds what belongs to each run, with a number of queries that does not depend on how many. */
  List<Run> complete(List<RunInfo> runs) {
    var ids = runs.stream().map(RunInfo::runId).toList();
    var metrics =
        byRun(
            "SELECT m.run_uuid AS owner, m.* FROM latest_metrics m",
            ids,
            (row, _) -> JdbcMetrics.metric(row));
    var params =
        byRun(
            "SELECT m.run_uuid AS owner, m.* FROM params m",
            ids,
            (row, _) -> new Param(row.getString("key"), row.getString("value")));
    var tags =
        byRun(
            "SELECT m.run_uuid AS owner, m.* FROM tags m",
            ids,
            (row, _) -> new Tag(row.getString("key"), row.getString("value")));
    var read = inputs.inputs(ids);
    var written = inputs.outputs(ids);
    return runs.stream()
        .map(
            run ->
                new Run(
                    run,
                    new RunData(of(metrics, run), of(params, run), of(tags, run)),
                    read.get(run.runId()),
                    written.get(run.runId())))
        .toList();
  }

  /** Stores params unless their keys are taken, and answers the values that are stored then. */
  Map<String, String> addParams(String runId, List<Param> params) {
    if (params.isEmpty()) {
      return Map.of();
    }
    database.batch(
        """
        INSERT INTO params (run_uuid, key, value) VALUES (:run, :key, :value) ON CONFLICT DO NOTHING
        """,
        params.stream().map(param -> row(runId, param.key(), param.value())).toList());
    var stored = new HashMap<String, String>();
    database
        .jdbc()
        .sql("SELECT key, value FROM params WHERE run_uuid = :run AND key IN (:keys)")
        .param("run", runId)
        .param("keys", params.stream().map(Param::key).toList())
        .query(
            row -> {
              stored.put(row.getString("key"), row.getString("value"));
            });
    return stored;
  }

  void setTag(String runId, Tag tag) {
    setTags(runId, List.of(tag));
  }

  void setTags(String runId, List<Tag> tags) {
    if (!tags.isEmpty()) {
      database.batch(
          """
          INSERT INTO tags (run_uuid, key, value) VALUES (:run, :key, :value)
          ON CONFLICT (run_uuid, key) DO UPDATE SET value = excluded.value
          """,
          tags.stream().map(tag -> row(runId, tag.key(), tag.value())).toList());
    }
  }

  boolean deleteTag(String runId, String key) {
    return database
            .jdbc()
            .sql("DELETE FROM tags WHERE run_uuid = :run AND key = :key")
            .param("run", runId)
            .param("key", key)
            .update()
        == 1;
  }

  private static Map<String, Object> row(String runId, String key, String value) {
    return Map.of("run", runId, "key", key, "value", value);
  }

  private <T> Map<String, List<T>> byRun(String select, List<String> ids, RowMapper<T> mapper) {
    return Rows.byOwner(
        database.jdbc(),
        select + " WHERE m.run_uuid IN (:ids) ORDER BY m.run_uuid, m.key",
        ids,
        mapper);
  }

  private static <T> List<T> of(Map<String, List<T>> owned, RunInfo run) {
    return owned.getOrDefault(run.runId(), List.of());
  }
}
