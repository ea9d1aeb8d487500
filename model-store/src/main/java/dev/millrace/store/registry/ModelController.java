package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.ModelVersion;
import dev.millrace.protocol.mlflow.RegisteredModel;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.search.Page;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;

/** MLflow's routes for registered models and their aliases. */
@MlflowApi
@RequestMapping("/2.0/mlflow/registered-models")
final class ModelController {
  private static final int RESULTS = 100;
  private static final int MOST_RESULTS = 1_000;

  /** The answer of a search. */
  record Found(List<RegisteredModel> registeredModels, @Nullable String nextPageToken) {}

  /** The newest version of each stage. */
  record Latest(List<ModelVersion> modelVersions) {}

  private final Models models;
  private final Versions versions;

  ModelController(Models models, Versions versions) {
    this.models = models;
    this.versions = versions;
  }

  @PostMapping("/create")
  Map<String, RegisteredModel> create(Parameters p) {
    return answer(models.create(p.required("name"), p.text("description", ""), p.tags("tags")));
  }

  @GetMapping("/get")
  Map<String, RegisteredModel> get(Parameters p) {
    return answer(models.get(p.required("name")));
  }

  @PostMapping("/rename")
  Map<String, RegisteredModel> rename(Parameters p) {
    return answer(models.rename(p.required("name"), p.required("new_name")));
  }

  @PatchMapping("/update")
  Map<String, RegisteredModel> update(Parameters p) {
    return answer(models.describe(p.required("name"), p.text("description", "")));
  }

  @DeleteMapping("/delete")
  Map<String, String> delete(Parameters p) {
    models.delete(p.required("name"));
    return Map.of();
  }

  @GetMapping("/search")
  Found search(Parameters p) {
    var request = Page.Request.of(p.maxResults(RESULTS, MOST_RESULTS), p.text("page_token"));
    var page = models.search(p.text("filter", ""), p.texts("order_by"), request);
    return new Found(page.items(), page.nextToken());
  }

  @RequestMapping(
      path = "/get-latest-versions",
      method = {RequestMethod.GET, RequestMethod.POST})
  Latest latestVersions(Parameters p) {
    var stages = p.texts("stages").stream().map(Stage::named).toList();
    return new Latest(models.latestVersions(p.required("name"), stages));
  }

  @PostMapping("/set-tag")
  Map<String, String> setTag(Parameters p) {
    models.setTag(p.required("name"), new Tag(p.required("key"), p.text("value", "")));
    return Map.of();
  }

  @DeleteMapping("/delete-tag")
  Map<String, String> deleteTag(Parameters p) {
    models.deleteTag(p.required("name"), p.required("key"));
    return Map.of();
  }

  @GetMapping("/alias")
  Map<String, ModelVersion> versionByAlias(Parameters p) {
    return Map.of("model_version", versions.byAlias(p.required("name"), p.required("alias")));
  }

  @PostMapping("/alias")
  Map<String, String> setAlias(Parameters p) {
    var version = VersionId.of(p.required("name"), p.required("version"));
    versions.setAlias(version, p.required("alias"), MoveNote.of(p));
    return Map.of();
  }

  @DeleteMapping("/alias")
  Map<String, String> deleteAlias(Parameters p) {
    versions.deleteAlias(p.required("name"), p.required("alias"), MoveNote.of(p));
    return Map.of();
  }

  private static Map<String, RegisteredModel> answer(RegisteredModel model) {
    return Map.of("registered_model", model);
  }
}
