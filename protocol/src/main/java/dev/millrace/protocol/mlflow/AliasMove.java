package dev.millrace.protocol.mlflow;

import org.jspecify.annotations.Nullable;

/**
 * A move of an alias.
 *
 * @param revision within one store they grow with every move
 * @param version where it points since; null when the alias was removed
 * @param previousVersion where it pointed before; null when it was not there
 * @param movedAt in milliseconds since 1970
 * @param movedBy empty when nobody said
 * @param reason empty when nobody said
 */
public record AliasMove(
    long revision,
    String name,
    String alias,
    @Nullable String version,
    @Nullable String previousVersion,
    long movedAt,
    String movedBy,
    String reason) {}
