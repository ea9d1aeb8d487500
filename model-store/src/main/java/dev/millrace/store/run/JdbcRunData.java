package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Param;
import dev.millrace.protocol.mlflow.Run;
import dev.millrace.protocol.mlflow.RunData;
import dev.millrace.protocol.mlflow.RunInfo;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.database.Database;
import dev.millrace.store.database.Rows;
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

  /** Stores a param unless its key is taken, and answers the value that is stored then. */
  String addParam(String runId, Param param) {
    database
        .jdbc()
        .sql(
            """
            INSERT INTO params (run_uuid, key, value) VALUES (:run, :key, :value) ON CONFLICT DO NOTHING
            """)
        .param("run", runId)
        .param("key", param.key())
        .param("value", param.value())
        .update();
    return database
        .jdbc()
        .sql("SELECT value FROM params WHERE run_uuid = :run AND key = :key")
        .param("run", runId)
        .param("key", param.key())
        .query(String.class)
        .single();
  }

  void setTag(String runId, Tag tag) {
    database
        .jdbc()
        .sql(
            """
            INSERT INTO tags (run_uuid, key, value) VALUES (:run, :key, :value)
            ON CONFLICT (run_uuid, key) DO UPDATE SET value = excluded.value
            """)
        .param("run", runId)
        .param("key", tag.key())
        .param("value", tag.value())
        .update();
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
