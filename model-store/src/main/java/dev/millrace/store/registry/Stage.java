package dev.millrace.store.registry;

import dev.millrace.store.failure.StoreException;
import java.util.Arrays;

/** MLflow's stages, which aliases replaced. */
enum Stage {
  NONE("None"),
  STAGING("Staging"),
  PRODUCTION("Production"),
  ARCHIVED("Archived");

  private final String label;

  Stage(String label) {
    this.label = label;
  }

  /** The stage of a name in any case. */
  static Stage named(String name) {
    return Arrays.stream(values())
        .filter(stage -> stage.label.equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                StoreException.invalid(
                    "Invalid Model Version stage: %s. Value must be one of None, Staging, Production, Archived."
                        .formatted(name)));
  }

  /** As answers write it. */
  String label() {
    return label;
  }

  /** Whether versions in it are in use. */
  boolean isActive() {
    return this == STAGING || this == PRODUCTION;
  }
}
