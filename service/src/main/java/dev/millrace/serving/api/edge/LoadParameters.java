package dev.millrace.serving.api.edge;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;

/** The parameters of a load, as Triton names them, and what clients read about wrong ones. */
public final class LoadParameters {
  /** The configuration to use instead of the one that lies with the model. */
  public static final String CONFIG = "config";

  /** Begins the names of files that are sent along. */
  public static final String FILE = "file:";

  private LoadParameters() {}

  /** A file is something else than its bytes. */
  public static InferenceException notBytes(String name, String wanted) {
    return invalid("File parameter '%s' must have %s type for its value.".formatted(name, wanted));
  }

  /** Neither a configuration nor a file. */
  public static InferenceException unknown(String name) {
    return invalid(
        "Unrecognized load parameter '%s'. A load takes 'config' and 'file:PATH'; remove the others."
            .formatted(name));
  }

  /** The configuration is something else than text. */
  public static InferenceException notText() {
    return invalid(
        "Config parameter 'config' must have string type for its value. Send the JSON of the configuration as text.");
  }

  private static InferenceException invalid(String message) {
    return new InferenceException(new InferenceFailure.Invalid(message));
  }
}
