package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Metric;
import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.search.Page;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;

/** MLflow's routes for the points of metrics over time. */
@MlflowApi
@RequestMapping("/2.0/mlflow/metrics")
final class HistoryController {
  /** The answer about one run. */
  record History(List<Metric> metrics, @Nullable String nextPageToken) {}

  /** The answer with all points: browsers read the list even where it is empty, hence no List. */
  record Bulk(Collection<RunMetric> metrics) {}

  /** The answer about several runs. */
  record Spaced(List<RunMetric> metrics) {}

  private final MetricHistory history;

  HistoryController(MetricHistory history) {
    this.history = history;
  }

  @GetMapping("/get-history")
  History history(Parameters p) {
    var most = MetricHistory.MOST_POINTS;
    var request = Page.Request.of(p.maxResults(most, most), p.text("page_token"));
    var page = history.page(RunController.runId(p), p.required("metric_key"), request);
    return new History(page.items(), page.nextToken());
  }

  @GetMapping("/get-history-bulk")
  Bulk bulk(Parameters p) {
    var runs = p.texts("run_id");
    if (runs.isEmpty()) {
      throw StoreException.invalid(
          "GetMetricHistoryBulk request must specify at least one run_id.");
    }
    var key = p.text("metric_key");
    if (key == null) {
      throw StoreException.invalid("GetMetricHistoryBulk request must specify a metric_key.");
    }
    var most = MetricHistory.MOST_POINTS;
    var wanted = Math.clamp(p.number("max_results", most), 0, most);
    return new Bulk(history.of(runs, key, wanted));
  }

  @GetMapping("/get-history-bulk-interval")
  Spaced spaced(Parameters p) {
    var runs = p.texts("run_ids");
    if (runs.isEmpty()) {
      throw StoreException.withoutParameter("run_ids");
    }
    var sample =
        new MetricHistory.Sample(
            p.number("start_step"),
            p.number("end_step"),
            p.number("max_results", MetricHistory.MOST_SPACED));
    return new Spaced(history.spaced(runs, p.required("metric_key"), sample));
  }
}
