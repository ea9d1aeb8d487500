package dev.millrace.protocol.mlflow;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a run is, without what it logged.
 *
 * @param startTime milliseconds since 1970
 * @param endTime milliseconds since 1970, null while the run goes on
 * @param artifactUri root of the run's files, usually {@code
 *     mlflow-artifacts:/EXPERIMENT/RUN/artifacts}
 * @param lifecycleStage {@code active} or {@code deleted}
 */
public record RunInfo(
    String runId,
    @Nullable String runName,
    String experimentId,
    @Nullable String userId,
    RunStatus status,
    long startTime,
    @Nullable Long endTime,
    String artifactUri,
    String lifecycleStage) {
  /** Refuses an answer without the fields that every run has. */
  public RunInfo {
    Objects.requireNonNull(runId, "run_id");
    Objects.requireNonNull(artifactUri, "artifact_uri");
  }

  /** The run's id under its old name, which MLflow's clients before 1.0 read. */
  @JsonProperty(value = "run_uuid", access = JsonProperty.Access.READ_ONLY)
  String runUuid() {
    return runId;
  }
}
