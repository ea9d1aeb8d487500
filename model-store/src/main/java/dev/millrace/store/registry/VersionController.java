package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.ModelVersion;
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

/** MLflow's routes for versions of registered models. */
@MlflowApi
@RequestMapping("/2.0/mlflow/model-versions")
final class VersionController {
  private static final int RESULTS = 10_000;
  private static final int MOST_RESULTS = 200_000;

  /** The answer of a search. */
  record Found(List<ModelVersion> modelVersions, @Nullable String nextPageToken) {}

  private final Versions versions;

  VersionController(Versions versions) {
    this.versions = versions;
  }

  @PostMapping("/create")
  Map<String, ModelVersion> create(Parameters p) {
    var draft =
        new Versions.Draft(
            p.required("name"),
            p.required("source"),
            p.text("run_id", ""),
            p.text("model_id", ""),
            p.text("run_link", ""),
            p.text("description", ""),
            p.tags("tags"));
    return answer(versions.create(draft));
  }

  @GetMapping("/get")
  Map<String, ModelVersion> get(Parameters p) {
    return answer(versions.get(id(p)));
  }

  @GetMapping("/get-download-uri")
  Map<String, String> downloadUri(Parameters p) {
    return Map.of("artifact_uri", versions.downloadUri(id(p)));
  }

  @GetMapping("/search")
  Found search(Parameters p) {
    var request = Page.Request.of(p.maxResults(RESULTS, MOST_RESULTS), p.text("page_token"));
    var page = versions.search(p.text("filter", ""), p.texts("order_by"), request);
    return new Found(page.items(), page.nextToken());
  }

  @PatchMapping("/update")
  Map<String, ModelVersion> update(Parameters p) {
    return answer(versions.describe(id(p), p.text("description", "")));
  }

  @DeleteMapping("/delete")
  Map<String, String> delete(Parameters p) {
    versions.delete(id(p));
    return Map.of();
  }

  @PostMapping("/transition-stage")
  Map<String, ModelVersion> transition(Parameters p) {
    var stage = Stage.named(p.required("stage"));
    var moved =
        p.isSet("archive_existing_versions")
            ? versions.moveAndArchiveOthers(id(p), stage)
            : versions.move(id(p), stage);
    return answer(moved);
  }

  @PostMapping("/set-tag")
  Map<String, String> setTag(Parameters p) {
    versions.setTag(id(p), new Tag(p.required("key"), p.text("value", "")));
    return Map.of();
  }

  @DeleteMapping("/delete-tag")
  Map<String, String> deleteTag(Parameters p) {
    versions.deleteTag(id(p), p.required("key"));
    return Map.of();
  }

  private static VersionId id(Parameters p) {
    return VersionId.of(p.required("name"), p.required("version"));
  }

  private static Map<String, ModelVersion> answer(ModelVersion version) {
    return Map.of("model_version", version);
  }
}
