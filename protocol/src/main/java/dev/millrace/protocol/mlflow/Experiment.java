package dev.millrace.protocol.mlflow;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A group of runs.
 *
 * @param lifecycleStage {@code active} or {@code deleted}
 * @param lastUpdateTime and creationTime in milliseconds since 1970
 */
public record Experiment(
    String experimentId,
    String name,
    String artifactLocation,
    String lifecycleStage,
    @Nullable Long lastUpdateTime,
    @Nullable Long creationTime,
    List<Tag> tags) {
  /** Copies the tags; refuses an answer without an id. */
  public Experiment {
    Objects.requireNonNull(experimentId, "experiment_id");
    tags = List.copyOf(tags);
  }
}
