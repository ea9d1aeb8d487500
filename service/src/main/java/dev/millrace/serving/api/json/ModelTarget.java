package dev.millrace.serving.api.json;

import org.jspecify.annotations.Nullable;

/**
 * The model that a request is for.
 *
 * @param version absent for the live one
 */
public record ModelTarget(String model, @Nullable String version) {
  /** A target that no model has. */
  public static final ModelTarget NOBODY = new ModelTarget("", null);
}
