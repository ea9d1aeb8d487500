package dev.millrace.protocol.mlflow;

import org.jspecify.annotations.Nullable;

/**
 * Where an alias points.
 *
 * @param revision of its last move; another one says that it moved; 0 before the first
 * @param version null when there is no such alias, as is the model version
 */
public record AliasState(
    long revision, @Nullable String version, @Nullable ModelVersion modelVersion) {}
