package dev.millrace.store;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.millrace.protocol.mlflow.MlflowJson;
import dev.millrace.store.database.Database;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;

/** Where SQLite begins with a search of runs; a wrong index gives the same answers, and slowly. */
class SearchPlanIT {
  private static final Logger STATEMENTS = (Logger) LoggerFactory.getLogger(JdbcTemplate.class);
  private static final String BEFORE = "Executing prepared SQL statement [";
  private static final String OF_EXPERIMENT =
      "SEARCH r USING INDEX index_runs_experiment_id_start_time (experiment_id=?)";

  @TempDir private static Path home;
  private static RunningStore store;
  private static String few;
  private static String many;
  private static String most;

  @BeforeAll
  static void start() {
    store = RunningStore.on("", home);
    few = filled("few", 10);
    many = filled("many", 1_500);
    most = filled("most", 50_000);
  }

  private static String filled(String name, int runs) {
    var experiment = store.experiment(name);
    var database = store.bean(Database.class);
    database.write(
        () -> {
          fill(
              database,
              experiment,
              runs,
              """
              INSERT INTO runs (run_uuid, name, user_id, status, start_time, lifecycle_stage, artifact_uri, experiment_id)
              SELECT :experiment || '-' || i, '', '', 'FINISHED', i, 'active', '', :experiment FROM numbers
              """);
          fill(
              database,
              experiment,
              runs,
              """
              INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid)
              SELECT 'loss', i, 0, 0, FALSE, :experiment || '-' || i FROM numbers
              """);
          fill(
              database,
              experiment,
              runs,
              """
              INSERT INTO params (key, value, run_uuid)
              SELECT 'seed', i, :experiment || '-' || i FROM numbers
              """);
        });
    return experiment;
  }

  private static void fill(Database database, String experiment, int runs, String insert) {
    database
        .jdbc()
        .sql(
            """
            WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < :runs)
            """
                + insert)
        .param("experiment", experiment)
        .param("runs", runs)
        .update();
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  void beginsAtTheClauseThatFewRunsSatisfy() {
    assertThat(plan(List.of(most), "params.seed = '7' AND metrics.loss > 0", "metrics.loss"))
        .first()
        .isEqualTo("SEARCH d USING INDEX index_params_key_value (key=? AND <expr>=?)");
  }

  @Test
  void walksTheMetricThatItSortsBy() {
    assertThat(plan(List.of(many), "", "metrics.loss"))
        .startsWith("SEARCH d USING INDEX index_latest_metrics_key_value (key=?)")
        .doesNotContain("USE TEMP B-TREE FOR ORDER BY");
  }

  @Test
  void sortsTheFewRunsOfAnExperimentWithoutTheMetricsOfOthers() {
    assertThat(plan(List.of(few), "", "metrics.loss")).startsWith(OF_EXPERIMENT);
  }

  @Test
  void takesTheNewestOfVeryManyRunsInSeveralExperiments() {
    assertThat(plan(List.of(few, most), "", "start_time DESC"))
        .startsWith("SCAN r USING INDEX index_runs_start_time")
        .noneMatch(step -> step.contains("TEMP B-TREE"));
  }

  @Test
  void looksAtNoOtherExperimentsForFewerRunsOrThoseOfAFilter() {
    assertThat(plan(List.of(few, many), "", "start_time DESC")).startsWith(OF_EXPERIMENT);
    assertThat(plan(List.of(few, most), "attributes.status = 'FAILED'", "start_time DESC"))
        .startsWith(OF_EXPERIMENT);
  }

  /** The steps of the one query for runs. */
  private static List<String> plan(List<String> experiments, String filter, String order) {
    var query = Map.of("experiment_ids", experiments, "filter", filter, "order_by", List.of(order));
    var statements =
        statements(
            () -> store.post("runs/search", MlflowJson.mapper().writeValueAsString(query)).ok());
    assertThat(statements).hasSize(1);
    var sql = statements.getFirst();
    // Values do not matter to the plan, but have to be there.
    var values = Collections.nCopies((int) sql.chars().filter(c -> c == '?').count(), 0);
    var database = store.bean(Database.class);
    return database.read(
        () ->
            database
                .jdbc()
                .sql("EXPLAIN QUERY PLAN " + sql)
                .params(values)
                .query((row, _) -> row.getString("detail"))
                .list());
  }

  private static List<String> statements(Runnable request) {
    var events = new ListAppender<ILoggingEvent>();
    events.start();
    STATEMENTS.setLevel(Level.DEBUG);
    STATEMENTS.addAppender(events);
    STATEMENTS.setAdditive(false);
    try {
      request.run();
    } finally {
      STATEMENTS.detachAppender(events);
      STATEMENTS.setLevel(null);
      STATEMENTS.setAdditive(true);
    }
    return List.copyOf(events.list).stream()
        .map(ILoggingEvent::getFormattedMessage)
        .filter(message -> message.startsWith(BEFORE + "SELECT r.*"))
        .map(message -> message.substring(BEFORE.length(), message.length() - 1))
        .toList();
  }
}
