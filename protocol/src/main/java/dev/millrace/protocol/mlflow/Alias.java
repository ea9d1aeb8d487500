package dev.millrace.protocol.mlflow;

/** A movable name of a version, {@code champion} for instance. */
public record Alias(String alias, String version) {}
