package dev.millrace.serving.lifecycle;

import java.io.IOException;

/** Knows what was chosen for each model. Thread-safe. */
@FunctionalInterface
public interface ModelSettingsSource {
  /**
   * The settings of a model that is being loaded: what its files say, what the operator says, and
   * the defaults for the rest. May read files.
   *
   * @throws IOException when a file says what makes no sense; the message names file and key
   */
  ModelSettings of(String model, ServablePackage files) throws IOException;
}
