package dev.millrace.protocol.mlflow;

import java.util.List;
import java.util.Objects;

/**
 * An alias that was moved back.
 *
 * @param revision of this move
 * @param modelVersion where it points again
 * @param skippedVersions to which it pointed in between, and which are deleted
 */
public record AliasRolledBack(
    long revision, ModelVersion modelVersion, List<String> skippedVersions) {
  /** Copies the list; refuses an answer without the version. */
  public AliasRolledBack {
    Objects.requireNonNull(modelVersion, "model_version");
    skippedVersions = List.copyOf(skippedVersions);
  }
}
