package dev.millrace.store.loggedmodel;

import dev.millrace.protocol.mlflow.LoggedModel;
import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.experiment.Experiments;
import dev.millrace.store.search.Order;
import dev.millrace.store.search.Page;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;

/** MLflow's logged-model routes. */
@MlflowApi
@RequestMapping("/2.0/mlflow/logged-models")
final class LoggedModelController {
  private static final int RESULTS = 100;
  private static final int MOST_RESULTS = 50_000;

  /** The answer of a search. */
  record Found(List<LoggedModel> models, @Nullable String nextPageToken) {}

  private final LoggedModels models;
  private final LoggedModelSearch search;

  LoggedModelController(LoggedModels models, LoggedModelSearch search) {
    this.models = models;
    this.search = search;
  }

  @PostMapping
  Map<String, LoggedModel> create(Parameters p) {
    var draft =
        new LoggedModels.Draft(
            p.required("experiment_id"),
            p.text("name", ""),
            p.text("model_type", ""),
            p.text("source_run_id", ""),
            p.params("params"),
            p.tags("tags"));
    return Map.of("model", models.create(draft));
  }

  @GetMapping("/{id}")
  Map<String, LoggedModel> get(@PathVariable String id) {
    return Map.of("model", models.get(id));
  }

  @PatchMapping("/{id}")
  Map<String, LoggedModel> finish(@PathVariable String id, Parameters p) {
    return Map.of("model", models.finish(id, p.required("status")));
  }

  @DeleteMapping("/{id}")
  Map<String, String> delete(@PathVariable String id) {
    models.delete(id);
    return Map.of();
  }

  @PatchMapping("/{id}/tags")
  Map<String, String> setTags(@PathVariable String id, Parameters p) {
    models.setTags(id, p.tags("tags"));
    return Map.of();
  }

  @DeleteMapping("/{id}/tags/{key}")
  Map<String, String> deleteTag(@PathVariable String id, @PathVariable String key) {
    models.deleteTag(id, key);
    return Map.of();
  }

  @PostMapping("/{id}/params")
  Map<String, String> logParams(@PathVariable String id, Parameters p) {
    models.logParams(id, p.params("params"));
    return Map.of();
  }

  @PostMapping("/search")
  Found search(Parameters p) {
    var request = Page.Request.of(p.maxResults(RESULTS, MOST_RESULTS), p.text("page_token"));
    var query =
        new LoggedModelSearch.Query(
            Experiments.numbers(p.texts("experiment_ids")),
            p.text("filter", ""),
            p.objects("datasets").stream().map(LoggedModelController::measuredOn).toList(),
            p.objects("order_by").stream().map(LoggedModelController::sort).toList());
    var page = search.search(query, request);
    return new Found(page.items(), page.nextToken());
  }

  private static LoggedModelSearch.Sort sort(Parameters p) {
    var descending = p.has("ascending") && !p.isSet("ascending");
    return new LoggedModelSearch.Sort(
        LoggedModelSearch.sortSubject(p.required("field_name")),
        descending ? Order.Direction.DESC : Order.Direction.ASC,
        List.of(measuredOn(p)));
  }

  private static LoggedModelSearch.MeasuredOn measuredOn(Parameters p) {
    return new LoggedModelSearch.MeasuredOn(given(p, "dataset_name"), given(p, "dataset_digest"));
  }

  private static @Nullable String given(Parameters p, String name) {
    var text = p.text(name, "");
    return text.isEmpty() ? null : text;
  }
}
