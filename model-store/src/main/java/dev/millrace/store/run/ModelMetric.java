package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Metric;
import org.jspecify.annotations.Nullable;

/** A metric that a run logs about a logged model, and the data set it was measured on. */
record ModelMetric(
    String modelId, Metric metric, @Nullable String datasetName, @Nullable String datasetDigest) {}
