package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Metric;
import dev.millrace.store.database.Database;
import dev.millrace.store.search.Page;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.springframework.stereotype.Repository;

/**
 * The rows of metrics. NaN is stored as 0 with a flag and infinities as the largest double, as
 * MLflow does, since not every database takes them.
 */
@Repository
final class JdbcMetrics {
  private final Database database;

  JdbcMetrics(Database database) {
    this.database = database;
  }

  /** Adds a point, once however often it comes, and keeps the latest one at hand. */
  void add(String runId, Metric metric) {
    write(
        """
        INSERT INTO metrics (run_uuid, key, value, timestamp, step, is_nan)
        VALUES (:run, :key, :value, :timestamp, :step, :nan)
        ON CONFLICT DO NOTHING
        """,
        runId,
        metric);
    // The latest is the largest in this order, not the last written.
    write(
        """
        INSERT INTO latest_metrics (run_uuid, key, value, timestamp, step, is_nan)
        VALUES (:run, :key, :value, :timestamp, :step, :nan)
        ON CONFLICT (run_uuid, key) DO UPDATE SET
          value = excluded.value, timestamp = excluded.timestamp, step = excluded.step, is_nan = excluded.is_nan
        WHERE (excluded.step, excluded.timestamp, excluded.value)
            > (latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)
        """,
        runId,
        metric);
  }

  Page<Metric> history(String runId, String key, Page.Request request) {
    return request.of(
        database
            .jdbc()
            .sql(
                """
                SELECT * FROM metrics WHERE run_uuid = :run AND key = :key
                ORDER BY timestamp, step, value LIMIT :limit OFFSET :offset
                """)
            .param("run", runId)
            .param("key", key)
            .param("limit", request.limit())
            .param("offset", request.offset())
            .query((row, _) -> metric(row))
            .list());
  }

  static Metric metric(ResultSet row) throws SQLException {
    return new Metric(
        row.getString("key"),
        row.getBoolean("is_nan") ? Double.NaN : row.getDouble("value"),
        row.getLong("timestamp"),
        row.getLong("step"));
  }

  private void write(String sql, String runId, Metric metric) {
    var nan = Double.isNaN(metric.value());
    database
        .jdbc()
        .sql(sql)
        .param("run", runId)
        .param("key", metric.key())
        .param("value", nan ? 0 : Math.clamp(metric.value(), -Double.MAX_VALUE, Double.MAX_VALUE))
        .param("timestamp", metric.timestamp())
        .param("step", metric.step())
        .param("nan", nan)
        .update();
  }
}
