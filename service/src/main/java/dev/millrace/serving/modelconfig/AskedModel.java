package dev.millrace.serving.modelconfig;

import org.jspecify.annotations.Nullable;

/**
 * A model that a step of an ensemble asks.
 *
 * @param version null for the one that requests without a version get
 */
public record AskedModel(String model, @Nullable String version) {
  /** Why an ensemble that asks it is not served while this is not, in Triton's words. */
  public String missingFor(String ensemble) {
    return version == null
        ? "ensemble '%s' depends on '%s' which has no loaded version".formatted(ensemble, model)
        : "ensemble '%s' depends on '%s' whose required version %s is not loaded"
            .formatted(ensemble, model, version);
  }
}
