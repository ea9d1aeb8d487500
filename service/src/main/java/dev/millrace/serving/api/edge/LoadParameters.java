package dev.millrace.serving.api.edge;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;

/** The parameters of a load, as Triton names them, and what clients read about wrong ones. */
public final class LoadParameters {
  /** The configuration to use instead of the one that lies with the model. */
  public static final String CONFIG = "config";

  /** Begins the names of files that are sent along. */
  public static final String FILE = "file:";

  private static final int SHOWN_NAME = 600;

  private LoadParameters() {}

  /** A file is something else than its bytes. */
  public static InferenceException notBytes(String name, String wanted) {
    return invalid(
        "File parameter '%s' must have %s type for its value.".formatted(shown(name), wanted));
  }

  /** One parameter with two values. */
  public static InferenceException twice(String name) {
    return invalid("Load parameter '%s' comes twice. Send it once.".formatted(shown(name)));
  }

  /** Neither a configuration nor a file. */
  public static InferenceException unknown(String name) {
    return invalid(
        "Unrecognized load parameter '%s'. A load takes 'config' and 'file:PATH'; remove the others."
            .formatted(shown(name)));
  }

  /** The configuration is something else than text. */
  public static InferenceException notText() {
    return invalid(
        "Config parameter 'config' must have string type for its value. Send the JSON of the configuration as text.");
  }

  /** Names are the client's, and may be as long as the request. */
  private static String shown(String name) {
    return name.length() > SHOWN_NAME ? name.substring(0, SHOWN_NAME) + "..." : name;
  }

  private static InferenceException invalid(String message) {
    return new InferenceException(new InferenceFailure.Invalid(message));
  }
}
