package dev.millrace.protocol.mlflow;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One immutable package of a registered model.
 *
 * @param version a whole number as text, given once
 * @param source where the package lies; {@link MlflowClient#downloadUri} resolves it
 * @param aliases MLflow's own server leaves them out of search answers
 */
public record ModelVersion(
    String name,
    String version,
    long creationTimestamp,
    long lastUpdatedTimestamp,
    @Nullable String userId,
    @Nullable String currentStage,
    @Nullable String description,
    @Nullable String source,
    @Nullable String runId,
    @Nullable String status,
    @Nullable String statusMessage,
    @Nullable String runLink,
    @Nullable String modelId,
    List<Tag> tags,
    List<String> aliases) {
  /** Copies the lists; refuses an answer without name or version. */
  public ModelVersion {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(version, "version");
    tags = List.copyOf(tags);
    aliases = List.copyOf(aliases);
  }

  /** The value of a tag. */
  public Optional<String> tag(String key) {
    return Tags.value(tags, key);
  }
}
