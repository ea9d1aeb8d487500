package dev.millrace.protocol.mlflow;

import org.jspecify.annotations.Nullable;

/**
 * A description of data; the store never reads the data itself.
 *
 * @param source where the data is, in the form that sourceType asks for
 * @param schema and profile are JSON texts that the client wrote
 */
public record Dataset(
    String name,
    String digest,
    String sourceType,
    String source,
    @Nullable String schema,
    @Nullable String profile) {}
