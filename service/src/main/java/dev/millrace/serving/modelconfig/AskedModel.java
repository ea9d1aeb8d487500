package dev.millrace.serving.modelconfig;

import org.jspecify.annotations.Nullable;

/**
 * A model that a step of an ensemble asks.
 *
 * @param version null for the one that requests without a version get
 */
public record AskedModel(String model, @Nullable String version) {}
