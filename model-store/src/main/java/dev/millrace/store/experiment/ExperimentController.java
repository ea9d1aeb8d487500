package dev.millrace.store.experiment;

import dev.millrace.protocol.mlflow.Experiment;
import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.search.Page;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;

/** MLflow's experiment routes. */
@MlflowApi
@RequestMapping("/2.0/mlflow/experiments")
final class ExperimentController {
  private static final int MOST_RESULTS = 50_000;

  /** The answer of a search. */
  record Found(List<Experiment> experiments, @Nullable String nextPageToken) {}

  private final Experiments experiments;

  ExperimentController(Experiments experiments) {
    this.experiments = experiments;
  }

  @PostMapping("/create")
  Map<String, String> create(Parameters p) {
    var id = experiments.create(p.required("name"), p.text("artifact_location"), p.tags("tags"));
    return Map.of("experiment_id", id);
  }

  @GetMapping("/get")
  Map<String, Experiment> get(Parameters p) {
    return Map.of("experiment", experiments.get(p.required("experiment_id")));
  }

  @GetMapping("/get-by-name")
  Map<String, Experiment> getByName(Parameters p) {
    return Map.of("experiment", experiments.getByName(p.required("experiment_name")));
  }

  @RequestMapping(
      path = "/search",
      method = {RequestMethod.GET, RequestMethod.POST})
  Found search(Parameters p) {
    // MLflow takes the absent value as 0 and refuses it.
    var request = Page.Request.of(p.maxResults(0, MOST_RESULTS), p.text("page_token"));
    var view = LifecycleView.named(p.text("view_type"));
    var page = experiments.search(p.text("filter", ""), p.texts("order_by"), view, request);
    return new Found(page.items(), page.nextToken());
  }

  @PostMapping("/update")
  Map<String, String> update(Parameters p) {
    experiments.rename(p.required("experiment_id"), p.required("new_name"));
    return Map.of();
  }

  @PostMapping("/delete")
  Map<String, String> delete(Parameters p) {
    experiments.delete(p.required("experiment_id"));
    return Map.of();
  }

  @PostMapping("/restore")
  Map<String, String> restore(Parameters p) {
    experiments.restore(p.required("experiment_id"));
    return Map.of();
  }

  @PostMapping("/set-experiment-tag")
  Map<String, String> setTag(Parameters p) {
    experiments.setTag(p.required("experiment_id"), p.required("key"), p.text("value", ""));
    return Map.of();
  }

  @PostMapping("/delete-experiment-tag")
  Map<String, String> deleteTag(Parameters p) {
    experiments.deleteTag(p.required("experiment_id"), p.required("key"));
    return Map.of();
  }
}
