package dev.millrace.store.loggedmodel;

import dev.millrace.protocol.mlflow.LoggedModel;
import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
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

  LoggedModelController(LoggedModels models) {
    this.models = models;
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
    var orderBy = p.objects("order_by").stream().map(LoggedModelController::orderClause).toList();
    var page = models.search(p.texts("experiment_ids"), p.text("filter", ""), orderBy, request);
    return new Found(page.items(), page.nextToken());
  }

  /** Other searches take this clause as a text. */
  private static String orderClause(Parameters order) {
    var descending = order.has("ascending") && !order.isSet("ascending");
    return order.required("field_name") + (descending ? " DESC" : " ASC");
  }
}
