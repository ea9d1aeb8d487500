package dev.millrace.protocol.mlflow;

import org.jspecify.annotations.Nullable;

/**
 * A point of a metric of a logged model.
 *
 * @param timestamp milliseconds since 1970
 * @param runId the run that measured it
 * @param datasetName and datasetDigest name what it was measured on, null when nobody said
 */
public record LoggedModelMetric(
    String key,
    double value,
    long timestamp,
    long step,
    String modelId,
    String runId,
    @Nullable String datasetName,
    @Nullable String datasetDigest) {}
