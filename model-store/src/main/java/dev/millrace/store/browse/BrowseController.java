package dev.millrace.store.browse;

import dev.millrace.protocol.mlflow.FileInfo;
import dev.millrace.store.artifact.ArtifactPath;
import dev.millrace.store.artifact.ArtifactStorage;
import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.search.Page;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;

/** MLflow's routes that list the files of a run or logged model. */
@MlflowApi
@RequestMapping("/2.0/mlflow")
final class BrowseController {
  // So large that clients which know no pages miss nothing.
  private static final int MOST_RESULTS = 50_000;

  /** The answer: paths are relative to the root. */
  record Listing(String rootUri, List<FileInfo> files, @Nullable String nextPageToken) {}

  private final Locations locations;
  private final ArtifactStorage storage;

  BrowseController(Locations locations, ArtifactStorage storage) {
    this.locations = locations;
    this.storage = storage;
  }

  @GetMapping("/artifacts/list")
  Listing ofRun(Parameters p) {
    var old = p.text("run_uuid", "");
    var runId = old.isEmpty() ? p.required("run_id") : p.text("run_id", old);
    return list(locations.ofRun(runId), p.text("path", ""), p);
  }

  @GetMapping("/logged-models/{id}/artifacts/directories")
  Listing ofLoggedModel(@PathVariable String id, Parameters p) {
    return list(locations.ofLoggedModel(id), p.text("artifact_directory_path", ""), p);
  }

  private Listing list(String rootUri, String path, Parameters p) {
    var request = Page.Request.of(p.maxResults(MOST_RESULTS, MOST_RESULTS), p.text("page_token"));
    var below = ArtifactPath.ofFolder(path).text();
    var prefix = below.isEmpty() ? "" : below + "/";
    var found =
        storage.list(Locations.folder(rootUri).resolve(below)).stream()
            .skip(request.offset())
            .limit(request.limit())
            .map(file -> new FileInfo(prefix + file.path(), file.directory(), file.sizeBytes()))
            .toList();
    var page = request.of(found);
    return new Listing(rootUri, page.items(), page.nextToken());
  }
}
