package dev.millrace.protocol.packaging;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * What goes into a package.
 *
 * @param model file that is copied to the manifest's model file
 * @param labels written when the manifest names a labels file
 * @param golden written when the manifest names a golden file; the first one is the input example
 *     too
 */
public record PackageContents(
    ModelManifest manifest, Path model, List<String> labels, GoldenExamples golden, Origin origin) {
  /** The MLflow run that made the model, and when. */
  public record Origin(String runId, Instant createdAt) {}

  /** Copies the labels. */
  public PackageContents {
    labels = List.copyOf(labels);
  }
}
