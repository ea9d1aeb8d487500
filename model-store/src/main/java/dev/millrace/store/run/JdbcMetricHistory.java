package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Metric;
import dev.millrace.store.database.Database;
import dev.millrace.store.search.Page;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.springframework.stereotype.Repository;

/** Reads the rows of metrics. */
@Repository
final class JdbcMetricHistory {
  /** Steps from the first to the last, both in it. */
  record Interval(long first, long last) {}

  // What is being removed for good is out of sight, and so are its points.
  private static final String OF_SEEN_RUN =
      "EXISTS (SELECT 1 FROM runs r WHERE r.run_uuid = :run AND " + JdbcRuns.NOT_REMOVED + ")";

  private final Database database;

  JdbcMetricHistory(Database database) {
    this.database = database;
  }

  Page<Metric> page(String runId, String key, Page.Request request) {
    return request.of(
        database
            .jdbc()
            .sql(
                """
                SELECT * FROM metrics WHERE run_uuid = :run AND key = :key AND %s
                ORDER BY timestamp, step, value LIMIT :limit OFFSET :offset
                """
                    .formatted(OF_SEEN_RUN))
            .param("run", runId)
            .param("key", key)
            .param("limit", request.limit())
            .param("offset", request.offset())
            .query((row, _) -> JdbcMetrics.metric(row))
            .list());
  }

  /** The points of several runs, run after run. */
  List<RunMetric> of(List<String> runIds, String key, int most) {
    return database
        .jdbc()
        .sql(
            """
            SELECT * FROM metrics
            WHERE run_uuid IN (SELECT r.run_uuid FROM runs r WHERE r.run_uuid IN (:runs) AND %s) AND key = :key
            ORDER BY run_uuid, timestamp, step, value LIMIT :most
            """
                .formatted(JdbcRuns.NOT_REMOVED))
        .param("runs", runIds)
        .param("key", key)
        .param("most", most)
        .query((row, _) -> runMetric(row))
        .list();
  }

  /**
   * At most so many points of one run between two steps, evenly spaced by their place in the
   * history, with the last of them. One more may come, the last but one, which is not asked for.
   */
  List<RunMetric> spaced(String runId, String key, Interval interval, int most) {
    return database
        .jdbc()
        .sql(
            """
            WITH placed AS (
              SELECT m.*, ROW_NUMBER() OVER points AS place, NTILE(:most) OVER points AS bucket, COUNT(*) OVER () AS total
              FROM metrics m WHERE run_uuid = :run AND key = :key AND step BETWEEN :first AND :last AND %s
              WINDOW points AS (ORDER BY step, timestamp, value, is_nan))
            SELECT * FROM placed
            WHERE place = total OR place IN (SELECT MIN(place) FROM placed GROUP BY bucket)
            ORDER BY place
            """
                .formatted(OF_SEEN_RUN))
        .param("run", runId)
        .param("key", key)
        .param("first", interval.first())
        .param("last", interval.last())
        .param("most", most)
        .query((row, _) -> runMetric(row))
        .list();
  }

  private static RunMetric runMetric(ResultSet row) throws SQLException {
    var metric = JdbcMetrics.metric(row);
    return new RunMetric(
        metric.key(), metric.value(), metric.timestamp(), metric.step(), row.getString("run_uuid"));
  }
}
