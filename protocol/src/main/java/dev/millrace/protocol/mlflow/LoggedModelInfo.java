package dev.millrace.protocol.mlflow;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a logged model is.
 *
 * @param modelId {@code m-} and 32 hexadecimal digits
 * @param artifactUri the folder that holds its {@code MLmodel}
 * @param status {@code LOGGED_MODEL_PENDING}, {@code LOGGED_MODEL_READY} or {@code
 *     LOGGED_MODEL_UPLOAD_FAILED}
 */
public record LoggedModelInfo(
    String modelId,
    String experimentId,
    String name,
    long creationTimestampMs,
    long lastUpdatedTimestampMs,
    String artifactUri,
    String status,
    @Nullable String modelType,
    @Nullable String sourceRunId,
    List<Tag> tags) {
  /** Copies the tags; refuses an answer without id or place. */
  public LoggedModelInfo {
    Objects.requireNonNull(modelId, "model_id");
    Objects.requireNonNull(artifactUri, "artifact_uri");
    tags = List.copyOf(tags);
  }
}
