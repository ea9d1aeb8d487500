package dev.millrace.protocol.mlflow;

/** A logged model that a run read. */
public record ModelInput(String modelId) {}
