package dev.millrace.store.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.mlflow.MlflowJson;
import dev.millrace.store.Point;
import dev.millrace.store.RunningStore;
import dev.millrace.store.database.Database;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Searches among so many runs that they begin at indexes; the answers must not tell. */
class LargeSearchIT {
  private static final int RUNS = 1_500;

  /** What the runs were filled with; an accuracy is a number, NaN or missing. */
  private record Filled(int number) {
    boolean hasNumber() {
      return number % 5 != 0;
    }

    boolean isNaN() {
      return number % 10 == 0;
    }

    double accuracy() {
      return number * 7_919 % 1_000 / 1_000.0;
    }

    int kind() {
      return number % 10 == 3 ? 1 : 0;
    }
  }

  private static final Comparator<Filled> NEWEST =
      Comparator.comparingInt(Filled::number).reversed();
  private static final Comparator<Filled> NUMBERS_FIRST =
      Comparator.comparingInt(run -> run.hasNumber() ? 0 : run.isNaN() ? 1 : 2);

  @TempDir private static Path home;
  private static RunningStore store;

  @BeforeAll
  static void start() throws ExecutionException, InterruptedException {
    store = RunningStore.in(home);
    try (var threads = Executors.newFixedThreadPool(8)) {
      var filled = new ArrayList<Future<?>>();
      for (int number = 1; number <= RUNS; number++) {
        var run = new Filled(number);
        filled.add(threads.submit(() -> fill(run)));
      }
      for (Future<?> one : filled) {
        one.get();
      }
    }
  }

  private static void fill(Filled run) {
    var created =
        store.post(
            "runs/create",
            "{\"experiment_id\":\"0\",\"run_name\":\"run-%s\",\"start_time\":%s}"
                .formatted(run.number(), run.number()));
    var value = run.isNaN() ? "\"NaN\"" : String.valueOf(run.accuracy());
    var metric = "{\"key\":\"acc\",\"value\":" + value + ",\"timestamp\":1}";
    store
        .post(
            "runs/log-batch",
            """
            {"run_id":"%s","metrics":[%s],
             "params":[{"key":"kind","value":"%s"},{"key":"seed","value":"%s"}]}
            """
                .formatted(
                    RunningStore.text(created.ok(), "/run/info/run_id"),
                    run.hasNumber() || run.isNaN() ? metric : "",
                    run.kind(),
                    run.number()))
        .ok();
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  @Point(19)
  void pagesThroughNumbersThenNaNThenNothing() {
    assertThat(all("", "metrics.acc DESC", 400))
        .isEqualTo(expected(_ -> true, Comparator.comparingDouble(Filled::accuracy).reversed()));
    assertThat(all("", "metrics.acc", 599))
        .isEqualTo(expected(_ -> true, Comparator.comparingDouble(Filled::accuracy)));
  }

  @Test
  void filtersByTheMetricThatItSortsBy() {
    assertThat(all("metrics.acc > 0.05 AND params.kind = '0'", "metrics.acc DESC", 100))
        .isEqualTo(
            expected(
                run -> run.hasNumber() && run.accuracy() > 0.05 && run.kind() == 0,
                Comparator.comparingDouble(Filled::accuracy).reversed()));
  }

  @Test
  void filtersBySomethingElse() {
    assertThat(all("params.kind != '1'", "metrics.acc", 1_000))
        .isEqualTo(expected(run -> run.kind() != 1, Comparator.comparingDouble(Filled::accuracy)));
    assertThat(all("NOT metrics.acc < 0.9 OR params.seed = '7'", "metrics.acc", 400))
        .isEqualTo(
            expected(
                run -> !run.hasNumber() || run.accuracy() >= 0.9 || run.number() == 7,
                Comparator.comparingDouble(Filled::accuracy)));
  }

  @Test
  void beginsAtTheClauseThatFewRunsSatisfy() {
    assertThat(all("metrics.acc >= 0 AND params.seed = '77'", "metrics.acc DESC", 10))
        .containsExactly("run-77");
    assertThat(all("params.seed = '75' AND params.kind = '0'", "metrics.acc DESC", 10))
        .containsExactly("run-75");
    assertThat(all("metrics.acc > 0.98", "metrics.acc", 50))
        .isEqualTo(
            expected(
                run -> run.hasNumber() && run.accuracy() > 0.98,
                Comparator.comparingDouble(Filled::accuracy)));
  }

  @Test
  void findsTheNewestOfVeryManyRunsInSeveralExperiments() {
    var old = store.experiment("old");
    var other = store.experiment("other");
    var database = store.bean(Database.class);
    database.write(
        () ->
            database
                .jdbc()
                .sql(
                    """
                    WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 50000)
                    INSERT INTO runs (run_uuid, name, user_id, status, start_time, lifecycle_stage, artifact_uri, experiment_id)
                    SELECT 'old-' || i, 'old-' || i, '', 'FINISHED', 2 * i, 'active', '', CAST(:old AS INTEGER) FROM numbers
                    """)
                .param("old", old)
                .update());
    store
        .post(
            "runs/create",
            "{\"experiment_id\":\"%s\",\"run_name\":\"between\",\"start_time\":99999}"
                .formatted(other))
        .ok();
    var found =
        store
            .post(
                "runs/search",
                "{\"experiment_ids\":[\"%s\",\"%s\"],\"max_results\":3}".formatted(old, other))
            .ok();
    assertThat(found.path("runs").valueStream().map(run -> run.at("/info/run_name").asString()))
        .containsExactly("old-50000", "between", "old-49999");
  }

  private static List<String> expected(Predicate<Filled> filter, Comparator<Filled> order) {
    return IntStream.rangeClosed(1, RUNS)
        .mapToObj(Filled::new)
        .filter(filter)
        .sorted(
            NUMBERS_FIRST
                .thenComparing((a, b) -> a.hasNumber() && b.hasNumber() ? order.compare(a, b) : 0)
                .thenComparing(NEWEST))
        .map(run -> "run-" + run.number())
        .toList();
  }

  /** All pages together. */
  private static List<String> all(String filter, String order, int pageSize) {
    var names = new ArrayList<String>();
    var query =
        new HashMap<String, Object>(
            Map.of(
                "experiment_ids",
                List.of("0"),
                "filter",
                filter,
                "order_by",
                List.of(order),
                "max_results",
                pageSize));
    String token;
    do {
      var page = store.post("runs/search", MlflowJson.mapper().writeValueAsString(query)).ok();
      for (JsonNode run : page.path("runs")) {
        names.add(run.at("/info/run_name").asString());
      }
      token = page.path("next_page_token").asString("");
      query.put("page_token", token);
    } while (!token.isEmpty());
    return names;
  }
}
