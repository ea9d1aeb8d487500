package dev.millrace.protocol.mlflow;

/** A label of an experiment, run, model or version that may be set again. */
public record Tag(String key, String value) {}
