package dev.millrace.store.loggedmodel;

import dev.millrace.protocol.mlflow.LoggedModel;
import dev.millrace.protocol.mlflow.LoggedModelData;
import dev.millrace.protocol.mlflow.LoggedModelInfo;
import dev.millrace.protocol.mlflow.LoggedModelMetric;
import dev.millrace.protocol.mlflow.Param;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.database.Database;
import dev.millrace.store.database.Dialect.Lock;
import dev.millrace.store.database.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.stereotype.Repository;

/** The rows of logged models. */
@Repository
final class JdbcLoggedModels {
  // What is being removed for good is out of sight.
  static final String NOT_REMOVED =
      """
      NOT EXISTS (SELECT 1 FROM removals g WHERE g.kind = 'LOGGED_MODEL' AND g.id = m.model_id)
      AND NOT EXISTS (SELECT 1 FROM removals g
        WHERE g.kind = 'EXPERIMENT' AND g.id = CAST(m.experiment_id AS TEXT))\
      """;

  private final Database database;

  JdbcLoggedModels(Database database) {
    this.database = database;
  }

  void insert(LoggedModelInfo model) {
    database
        .jdbc()
        .sql(
            """
            INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms,
              last_updated_timestamp_ms, status, lifecycle_stage, model_type, source_run_id)
            VALUES (:id, :experiment, :name, :location, :now, :now, :status, 'active', :type, :run)
            """)
        .param("id", model.modelId())
        .param("experiment", Long.valueOf(model.experimentId()))
        .param("name", model.name())
        .param("location", model.artifactUri())
        .param("now", model.creationTimestampMs())
        .param("status", LoggedModelStatus.valueOf(model.status()).number())
        .param("type", model.modelType())
        .param("run", model.sourceRunId())
        .update();
  }

  Optional<LoggedModel> find(String id) {
    lock(id);
    var found =
        database
            .jdbc()
            .sql(
                "SELECT * FROM logged_models m WHERE m.model_id = :id AND m.lifecycle_stage ="
                    + " 'active' AND "
                    + NOT_REMOVED)
            .param("id", id)
            .query((row, _) -> info(row))
            .list();
    return complete(found).stream().findFirst();
  }

  /**
   * A statement of its own: one that waits for the row sees other tables as they were before the
   * wait, and would miss that the model was claimed for removal meanwhile.
   */
  private void lock(String id) {
    var locking = database.locking(Lock.CHANGE);
    if (!locking.isEmpty()) {
      database
          .jdbc()
          .sql("SELECT model_id FROM logged_models WHERE model_id = :id" + locking)
          .param("id", id)
          .query(String.class)
          .optional();
    }
  }

  void setStatus(String id, LoggedModelStatus status, long now) {
    database
        .jdbc()
        .sql(
            """
            UPDATE logged_models SET status = :status, last_updated_timestamp_ms = :now WHERE model_id = :id
            """)
        .param("id", id)
        .param("status", status.number())
        .param("now", now)
        .update();
  }

  void delete(String id, long now) {
    database
        .jdbc()
        .sql(
            """
            UPDATE logged_models SET lifecycle_stage = 'deleted', last_updated_timestamp_ms = :now
            WHERE model_id = :id
            """)
        .param("id", id)
        .param("now", now)
        .update();
  }

  /** False when the key is taken by another value. */
  boolean addParam(String id, Param param) {
    return database
            .jdbc()
            .sql(
                """
                INSERT INTO logged_model_params (model_id, param_key, param_value) VALUES (:id, :key, :value)
                ON CONFLICT (model_id, param_key) DO UPDATE SET param_value = excluded.param_value
                WHERE logged_model_params.param_value = excluded.param_value
                """)
            .param("id", id)
            .param("key", param.key())
            .param("value", param.value())
            .update()
        == 1;
  }

  void setTag(String id, Tag tag) {
    database
        .jdbc()
        .sql(
            """
            INSERT INTO logged_model_tags (model_id, tag_key, tag_value) VALUES (:id, :key, :value)
            ON CONFLICT (model_id, tag_key) DO UPDATE SET tag_value = excluded.tag_value
            """)
        .param("id", id)
        .param("key", tag.key())
        .param("value", tag.value())
        .update();
  }

  boolean deleteTag(String id, String key) {
    return database
            .jdbc()
            .sql("DELETE FROM logged_model_tags WHERE model_id = :id AND tag_key = :key")
            .param("id", id)
            .param("key", key)
            .update()
        == 1;
  }

  /** Adds what belongs to each model. */
  List<LoggedModel> complete(List<LoggedModelInfo> models) {
    var ids = models.stream().map(LoggedModelInfo::modelId).toList();
    var tags =
        Rows.byOwner(
            database.jdbc(),
            """
            SELECT model_id AS owner, tag_key, tag_value FROM logged_model_tags
            WHERE model_id IN (:ids) ORDER BY model_id, tag_key
            """,
            ids,
            (row, _) -> new Tag(row.getString("tag_key"), row.getString("tag_value")));
    var params =
        Rows.byOwner(
            database.jdbc(),
            """
            SELECT model_id AS owner, param_key, param_value FROM logged_model_params
            WHERE model_id IN (:ids) ORDER BY model_id, param_key
            """,
            ids,
            (row, _) -> new Param(row.getString("param_key"), row.getString("param_value")));
    var metrics = metrics(ids);
    return models.stream()
        .map(
            model ->
                new LoggedModel(
                    withTags(model, tags.getOrDefault(model.modelId(), List.of())),
                    new LoggedModelData(
                        metrics.getOrDefault(model.modelId(), List.of()),
                        params.getOrDefault(model.modelId(), List.of()))))
        .toList();
  }

  private Map<String, List<LoggedModelMetric>> metrics(List<String> modelIds) {
    return Rows.byOwner(
        database.jdbc(),
        """
        SELECT model_id AS owner, m.* FROM logged_model_metrics m
        WHERE model_id IN (:ids) ORDER BY model_id, metric_name, metric_timestamp_ms, metric_step
        """,
        modelIds,
        (row, _) -> metric(row));
  }

  private static LoggedModelMetric metric(ResultSet row) throws SQLException {
    var value = row.getDouble("metric_value");
    return new LoggedModelMetric(
        row.getString("metric_name"),
        row.wasNull() ? Double.NaN : value,
        row.getLong("metric_timestamp_ms"),
        row.getLong("metric_step"),
        row.getString("model_id"),
        row.getString("run_id"),
        row.getString("dataset_name"),
        row.getString("dataset_digest"));
  }

  private static LoggedModelInfo withTags(LoggedModelInfo model, List<Tag> tags) {
    return new LoggedModelInfo(
        model.modelId(),
        model.experimentId(),
        model.name(),
        model.creationTimestampMs(),
        model.lastUpdatedTimestampMs(),
        model.artifactUri(),
        model.status(),
        model.modelType(),
        model.sourceRunId(),
        tags);
  }

  static LoggedModelInfo info(ResultSet row) throws SQLException {
    return new LoggedModelInfo(
        row.getString("model_id"),
        row.getString("experiment_id"),
        row.getString("name"),
        row.getLong("creation_timestamp_ms"),
        row.getLong("last_updated_timestamp_ms"),
        row.getString("artifact_location"),
        LoggedModelStatus.numbered(row.getInt("status")).name(),
        row.getString("model_type"),
        row.getString("source_run_id"),
        List.of());
  }
}
