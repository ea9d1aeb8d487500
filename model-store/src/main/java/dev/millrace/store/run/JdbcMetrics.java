package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Metric;
import dev.millrace.store.database.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.springframework.stereotype.Repository;

/**
 * Writes the rows of metrics. NaN is stored as 0 with a flag and infinities as the largest double,
 * as MLflow does, since not every database takes them.
 */
@Repository
final class JdbcMetrics {
  /** The latest is the largest in this order, not the last written. */
  private static final Comparator<Metric> LATER =
      Comparator.comparingLong(Metric::step)
          .thenComparingLong(Metric::timestamp)
          .thenComparingDouble(JdbcMetrics::stored);

  private final Database database;

  JdbcMetrics(Database database) {
    this.database = database;
  }

  /** Adds points, each once however often it comes, and keeps the latest ones at hand. */
  void add(String runId, List<Metric> metrics) {
    if (metrics.isEmpty()) {
      return;
    }
    database.batch(
        """
        INSERT INTO metrics (run_uuid, key, value, timestamp, step, is_nan)
        VALUES (:run, :key, :value, :timestamp, :step, :nan)
        ON CONFLICT DO NOTHING
        """,
        rows(runId, metrics));
    database.batch(
        """
        INSERT INTO latest_metrics (run_uuid, key, value, timestamp, step, is_nan)
        VALUES (:run, :key, :value, :timestamp, :step, :nan)
        ON CONFLICT (run_uuid, key) DO UPDATE SET
          value = excluded.value, timestamp = excluded.timestamp, step = excluded.step, is_nan = excluded.is_nan
        WHERE (excluded.step, excluded.timestamp, excluded.value)
            > (latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)
        """,
        rows(runId, latest(metrics)));
  }

  static Metric metric(ResultSet row) throws SQLException {
    return new Metric(
        row.getString("key"),
        row.getBoolean("is_nan") ? Double.NaN : row.getDouble("value"),
        row.getLong("timestamp"),
        row.getLong("step"));
  }

  /** One point for each key, so that each row is written once. */
  private static Collection<Metric> latest(List<Metric> metrics) {
    var latest = new LinkedHashMap<String, Metric>();
    metrics.forEach(metric -> latest.merge(metric.key(), metric, BinaryOperator.maxBy(LATER)));
    return latest.values();
  }

  private static List<Map<String, Object>> rows(String runId, Collection<Metric> metrics) {
    return metrics.stream()
        .map(
            metric ->
                Map.<String, Object>of(
                    "run", runId,
                    "key", metric.key(),
                    "value", stored(metric),
                    "timestamp", metric.timestamp(),
                    "step", metric.step(),
                    "nan", Double.isNaN(metric.value())))
        .toList();
  }

  private static double stored(Metric metric) {
    return Double.isNaN(metric.value())
        ? 0
        : Math.clamp(metric.value(), -Double.MAX_VALUE, Double.MAX_VALUE);
  }
}
