package dev.millrace.loadtest.system;

import dev.millrace.protocol.mlflow.MlflowClient;
import dev.millrace.protocol.mlflow.ModelVersion;
import dev.millrace.protocol.mlflow.RegisteredModel;
import dev.millrace.protocol.mlflow.Run;
import dev.millrace.protocol.packaging.ModelPackage;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Everything of `digits` a store must not lose: models with their aliases, versions with tags, runs
 * with what they logged.
 */
record StoreContents(
    List<RegisteredModel> models, List<ModelVersion> versions, Map<String, Run> runs) {

  static StoreContents of(MlflowClient store, int versionCount) {
    var versions =
        IntStream.rangeClosed(1, versionCount)
            .mapToObj(number -> store.modelVersion("digits", Integer.toString(number)))
            .toList();
    var runs =
        versions.stream()
            .map(version -> Objects.requireNonNull(version.runId()))
            .distinct()
            .collect(Collectors.toMap(run -> run, store::run));
    return new StoreContents(store.registeredModels(), versions, runs);
  }

  /** Downloads each version and checks every file against its digests. */
  static void requireIntactPackages(MlflowClient store, StoreContents contents, Path folder) {
    for (var version : contents.versions()) {
      var target = folder.resolve(version.version());
      store.downloadArtifacts(store.downloadUri("digits", version.version()), target);
      ModelPackage.verified(target, version.tag("millrace.sha256").orElseThrow());
    }
  }
}
