package dev.millrace.protocol.mlflow;

/** A logged model that a run wrote at a step. */
public record ModelOutput(String modelId, long step) {}
