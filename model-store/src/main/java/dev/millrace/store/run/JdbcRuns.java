package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.RunInfo;
import dev.millrace.protocol.mlflow.RunStatus;
import dev.millrace.store.database.Database;
import dev.millrace.store.database.Dialect.Lock;
import dev.millrace.store.database.Rows;
import dev.millrace.store.search.Comparison.Subject;
import dev.millrace.store.search.Entity;
import dev.millrace.store.search.Filter;
import dev.millrace.store.search.JdbcSearch;
import dev.millrace.store.search.JdbcSearch.Related;
import dev.millrace.store.search.Order;
import dev.millrace.store.search.Page;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Repository;

/** The rows of runs themselves. */
@Repository
final class JdbcRuns {
  /** So many are sorted in a fraction of a second. */
  private static final int MANY = 50_000;

  private static final Subject START_TIME = new Subject(Entity.ATTRIBUTE, "start_time");
  private static final String SAME_RUN = "x.run_uuid = r.run_uuid";
  private static final JdbcSearch.Tables SEARCH =
      new JdbcSearch.Tables(
          "runs r",
          Map.of(
              "run_id", "r.run_uuid",
              "run_name", "r.name",
              "status", "r.status",
              "artifact_uri", "r.artifact_uri",
              "user_id", "r.user_id",
              "start_time", "r.start_time",
              "end_time", "r.end_time"),
          Set.of("r.run_uuid", "r.start_time"),
          Map.of(
              Entity.METRIC, new Related("latest_metrics x", SAME_RUN, Map.of()),
              Entity.PARAM, new Related("params x", SAME_RUN, Map.of()),
              Entity.TAG, new Related("tags x", SAME_RUN, Map.of()),
              Entity.DATASET, datasets()),
          Set.of(Entity.METRIC, Entity.PARAM, Entity.TAG),
          "r.start_time DESC, r.run_uuid");

  // What is being removed for good is out of sight.
  static final String NOT_REMOVED =
      """
      NOT EXISTS (SELECT 1 FROM removals g WHERE g.kind = 'RUN' AND g.id = r.run_uuid)
      AND NOT EXISTS (SELECT 1 FROM removals g
        WHERE g.kind = 'EXPERIMENT' AND g.id = CAST(r.experiment_id AS TEXT))\
      """;

  private final Database database;

  JdbcRuns(Database database) {
    this.database = database;
  }

  void insert(RunInfo run) {
    database
        .jdbc()
        .sql(
            """
            INSERT INTO runs (run_uuid, name, user_id, status, start_time, lifecycle_stage, artifact_uri, experiment_id)
            VALUES (:id, :name, :user, :status, :start, :stage, :uri, :experiment)
            """)
        .param("id", run.runId())
        .param("name", run.runName())
        .param("user", run.userId())
        .param("status", run.status().name())
        .param("start", run.startTime())
        .param("stage", run.lifecycleStage())
        .param("uri", run.artifactUri())
        .param("experiment", Long.valueOf(run.experimentId()))
        .update();
  }

  Optional<RunInfo> find(String runId) {
    lock(runId);
    return database
        .jdbc()
        .sql("SELECT * FROM runs r WHERE r.run_uuid = :id AND " + NOT_REMOVED)
        .param("id", runId)
        .query((row, _) -> info(row))
        .optional();
  }

  /**
   * A statement of its own: one that waits for the row sees other tables as they were before the
   * wait, and would miss that the run was claimed for removal meanwhile.
   */
  private void lock(String runId) {
    var locking = database.locking(Lock.CHANGE);
    if (!locking.isEmpty()) {
      database
          .jdbc()
          .sql("SELECT run_uuid FROM runs WHERE run_uuid = :id" + locking)
          .param("id", runId)
          .query(String.class)
          .optional();
    }
  }

  Page<RunInfo> search(
      RunSearch.Query query, Filter filter, List<Order> orders, Page.Request request) {
    var experiments = query.experimentIds();
    // The plus keeps SQLite from the index of experiments, whose runs it would all have to sort.
    var column =
        areFoundByTime(experiments, filter, orders) ? "+r.experiment_id" : "r.experiment_id";
    return new JdbcSearch(SEARCH, database.dialect())
        .where(column + " IN (:experiments)", "experiments", experiments)
        .where("r.lifecycle_stage IN (:stages)", "stages", query.view().stages())
        .where(NOT_REMOVED)
        .filter(filter)
        .order(orders)
        .page(database.jdbc(), request, (row, _) -> info(row));
  }

  /**
   * Whether the newest of many runs in several experiments are wanted. With a filter, which few may
   * satisfy, the search would look at the runs of the whole store.
   */
  private boolean areFoundByTime(List<Long> experiments, Filter filter, List<Order> orders) {
    return experiments.size() > 1
        && filter.required().isEmpty()
        && (orders.isEmpty() || orders.getFirst().subject().equals(START_TIME))
        && database
                .jdbc()
                .sql(
                    """
                    SELECT COUNT(*) FROM (SELECT 1 FROM runs WHERE experiment_id IN (:experiments) LIMIT :many) counted
                    """)
                .param("experiments", experiments)
                .param("many", MANY)
                .query(Long.class)
                .single()
            == MANY;
  }

  /** An end time of null stays as it is. */
  void update(String runId, RunStatus status, @Nullable Long endTime) {
    database
        .jdbc()
        .sql(
            """
            UPDATE runs SET status = :status, end_time = COALESCE(:end, end_time) WHERE run_uuid = :id
            """)
        .param("id", runId)
        .param("status", status.name())
        .param("end", endTime)
        .update();
  }

  void rename(String runId, String name) {
    database
        .jdbc()
        .sql("UPDATE runs SET name = :name WHERE run_uuid = :id")
        .param("id", runId)
        .param("name", name)
        .update();
  }

  void move(String runId, String stage, long now) {
    database
        .jdbc()
        .sql(
            """
            UPDATE runs SET lifecycle_stage = :stage, deleted_time = CASE :stage WHEN 'deleted' THEN :now END
            WHERE run_uuid = :id
            """)
        .param("id", runId)
        .param("stage", stage)
        .param("now", now)
        .update();
  }

  private static Related datasets() {
    return new Related(
        """
        inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
        LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'\
        """,
        "i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND i.destination_id ="
            + " r.run_uuid",
        Map.of("name", "d.name", "digest", "d.digest", "context", "t.value"));
  }

  private static RunInfo info(ResultSet row) throws SQLException {
    return new RunInfo(
        row.getString("run_uuid"),
        row.getString("name"),
        row.getString("experiment_id"),
        row.getString("user_id"),
        RunStatus.valueOf(row.getString("status")),
        row.getLong("start_time"),
        Rows.nullableLong(row, "end_time"),
        row.getString("artifact_uri"),
        row.getString("lifecycle_stage"));
  }
}
