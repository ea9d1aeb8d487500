package dev.millrace.store.browse;

import dev.millrace.protocol.mlflow.FileInfo;
import dev.millrace.store.artifact.ArtifactFolder;
import dev.millrace.store.artifact.ArtifactPath;
import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.loggedmodel.LoggedModels;
import dev.millrace.store.run.Runs;
import java.net.URI;
import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;

/** MLflow's routes that list the files of a run or logged model. */
@MlflowApi
@RequestMapping("/2.0/mlflow")
final class BrowseController {
  /** The answer: paths are relative to the root. */
  record Listing(String rootUri, List<FileInfo> files) {}

  private final Runs runs;
  private final LoggedModels models;
  private final ArtifactFolder folder;

  BrowseController(Runs runs, LoggedModels models, ArtifactFolder folder) {
    this.runs = runs;
    this.models = models;
    this.folder = folder;
  }

  @GetMapping("/artifacts/list")
  Listing ofRun(Parameters p) {
    var old = p.text("run_uuid", "");
    var runId = old.isEmpty() ? p.required("run_id") : p.text("run_id", old);
    return list(runs.info(runId).artifactUri(), p.text("path", ""));
  }

  @GetMapping("/logged-models/{id}/artifacts/directories")
  Listing ofLoggedModel(@PathVariable String id, Parameters p) {
    return list(models.get(id).info().artifactUri(), p.text("artifact_directory_path", ""));
  }

  private Listing list(String rootUri, String path) {
    var below = ArtifactPath.ofFolder(path).text();
    var prefix = below.isEmpty() ? "" : below + "/";
    var files =
        folder.list(root(rootUri).resolve(below)).stream()
            .map(file -> new FileInfo(prefix + file.path(), file.directory(), file.sizeBytes()))
            .toList();
    return new Listing(rootUri, files);
  }

  private static ArtifactPath root(String rootUri) {
    if (!rootUri.startsWith("mlflow-artifacts:")) {
      throw StoreException.invalid(
          "The files lie at '%s', which this store does not read. List them where they are."
              .formatted(rootUri));
    }
    return ArtifactPath.ofFolder(URI.create(rootUri).getPath().replaceAll("^/+", ""));
  }
}
