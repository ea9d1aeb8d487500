package dev.millrace.store.browse;

import dev.millrace.store.artifact.ArtifactPath;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.loggedmodel.LoggedModels;
import dev.millrace.store.registry.VersionFiles;
import dev.millrace.store.run.Runs;
import org.springframework.stereotype.Component;

/** Knows where the files of runs, logged models and versions lie. */
@Component
final class Locations {
  private final Runs runs;
  private final LoggedModels models;
  private final VersionFiles versions;

  Locations(Runs runs, LoggedModels models, VersionFiles versions) {
    this.runs = runs;
    this.models = models;
    this.versions = versions;
  }

  String ofRun(String runId) {
    return runs.info(runId).artifactUri();
  }

  String ofLoggedModel(String modelId) {
    return models.get(modelId).info().artifactUri();
  }

  String ofVersion(String name, String version) {
    return versions.location(name, version);
  }

  /** The folder of a location, which must be one of this store's. */
  static ArtifactPath folder(String location) {
    return ArtifactPath.ofLocation(location)
        .orElseThrow(
            () ->
                StoreException.invalid(
                    "The files lie at '%s', which this store does not read. List them where they are."
                        .formatted(location)));
  }

  /** A file in the folder of a location. */
  static ArtifactPath file(String location, String path) {
    if (path.isEmpty()) {
      throw StoreException.withoutParameter("path");
    }
    return folder(location).resolve(new ArtifactPath(path).text());
  }
}
