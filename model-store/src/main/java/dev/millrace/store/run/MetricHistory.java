package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Metric;
import dev.millrace.store.database.Database;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.search.Page;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;

/** The points of metrics over time. */
@Service
final class MetricHistory {
  /** Most points in one answer about one run. */
  static final int MOST_POINTS = 25_000;

  private static final int MOST_RUNS = 100;

  /** Most points of each run in an answer about several. */
  static final int MOST_SPACED = 2_500;

  /**
   * Which points a chart shows; both ends or none.
   *
   * @param results how many of each run at most
   */
  record Sample(@Nullable Long start, @Nullable Long end, long results) {
    /** Refuses half an interval, and one that ends before it starts. */
    Sample {
      if (results < 1 || results > MOST_SPACED) {
        throw StoreException.invalid(
            "max_results must be between 1 and %s. Got %s.".formatted(MOST_SPACED, results));
      }
      if ((start == null) != (end == null)) {
        throw StoreException.invalid(
            "If either start step or end step are specified, both must be specified.");
      }
      if (start != null && end != null && start > end) {
        throw StoreException.invalid(
            "end_step must be greater than start_step. Found start_step=%s and end_step=%s."
                .formatted(start, end));
      }
    }

    JdbcMetricHistory.Interval interval() {
      return start == null || end == null
          ? new JdbcMetricHistory.Interval(Long.MIN_VALUE, Long.MAX_VALUE)
          : new JdbcMetricHistory.Interval(start, end);
    }
  }

  private final Database database;
  private final JdbcMetricHistory rows;

  MetricHistory(Database database, JdbcMetricHistory rows) {
    this.database = database;
    this.rows = rows;
  }

  Page<Metric> page(String runId, String key, Page.Request request) {
    return database.read(() -> rows.page(runId, key, request));
  }

  /** All points of several runs, up to a number. */
  List<RunMetric> of(List<String> runIds, String key, int most) {
    requireFew("GetMetricHistoryBulk request cannot specify more than", runIds);
    return database.read(() -> rows.of(runIds, key, most));
  }

  /** The points of several runs, evenly spaced where a run has more than asked for. */
  List<RunMetric> spaced(List<String> runIds, String key, Sample sample) {
    requireFew("GetMetricHistoryBulkInterval request must specify at most", runIds);
    return database.read(
        () -> runIds.stream().flatMap(run -> spaced(run, key, sample).stream()).toList());
  }

  private List<RunMetric> spaced(String runId, String key, Sample sample) {
    var most = (int) sample.results();
    var points = new ArrayList<>(rows.spaced(runId, key, sample.interval(), most));
    if (points.size() > most) {
      points.remove(points.size() - 2);
    }
    return points;
  }

  private static void requireFew(String sentence, List<String> runIds) {
    if (runIds.size() > MOST_RUNS) {
      throw StoreException.invalid(
          "%s %s run_ids. Received %s run_ids.".formatted(sentence, MOST_RUNS, runIds.size()));
    }
  }
}
