package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Run;
import dev.millrace.protocol.mlflow.RunInfo;
import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.experiment.Experiments;
import dev.millrace.store.experiment.LifecycleView;
import dev.millrace.store.search.Page;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;

/** MLflow's routes for runs themselves. */
@MlflowApi
@RequestMapping("/2.0/mlflow/runs")
final class RunController {
  private static final int RESULTS = 1_000;
  private static final int MOST_RESULTS = 50_000;

  /** The answer of a search. */
  record Found(List<Run> runs, @Nullable String nextPageToken) {}

  private final Runs runs;
  private final RunSearch search;

  RunController(Runs runs, RunSearch search) {
    this.runs = runs;
    this.search = search;
  }

  @PostMapping("/create")
  Map<String, Run> create(Parameters p) {
    var experiment = p.text("experiment_id", Experiments.DEFAULT_ID);
    var start =
        new Runs.Start(
            experiment.isEmpty() ? Experiments.DEFAULT_ID : experiment,
            p.text("user_id", ""),
            p.text("run_name", ""),
            p.number("start_time"),
            p.tags("tags"));
    return Map.of("run", runs.create(start));
  }

  @GetMapping("/get")
  Map<String, Run> get(Parameters p) {
    return Map.of("run", runs.get(runId(p)));
  }

  @PostMapping("/update")
  Map<String, RunInfo> update(Parameters p) {
    var update = new Runs.Update(p.text("status"), p.number("end_time"), p.text("run_name", ""));
    return Map.of("run_info", runs.update(runId(p), update));
  }

  @PostMapping("/delete")
  Map<String, String> delete(Parameters p) {
    runs.delete(p.required("run_id"));
    return Map.of();
  }

  @PostMapping("/restore")
  Map<String, String> restore(Parameters p) {
    runs.restore(p.required("run_id"));
    return Map.of();
  }

  @PostMapping("/search")
  Found search(Parameters p) {
    var request = Page.Request.of(p.maxResults(RESULTS, MOST_RESULTS), p.text("page_token"));
    var query =
        new RunSearch.Query(
            Experiments.numbers(p.texts("experiment_ids")),
            p.text("filter", ""),
            p.texts("order_by"),
            LifecycleView.named(p.text("run_view_type")));
    var page = search.search(query, request);
    return new Found(page.items(), page.nextToken());
  }

  /** The run a request means, under its new or its old name. */
  static String runId(Parameters p) {
    var old = p.text("run_uuid", "");
    return old.isEmpty() ? p.required("run_id") : p.text("run_id", old);
  }
}
