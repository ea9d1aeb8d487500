package dev.millrace.protocol.mlflow;

import org.jspecify.annotations.Nullable;

/** A run with what it logged, and the data sets and models it read and wrote. */
public record Run(
    RunInfo info, RunData data, @Nullable RunInputs inputs, @Nullable RunOutputs outputs) {}
