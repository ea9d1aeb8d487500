package dev.millrace.serving.repository;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a load brings along, to be used until the next load instead of what the repository holds.
 *
 * @param config in Triton's JSON form; null for what lies with the model
 * @param files by their paths inside the folder of the model, such as {@code 1/model.onnx}; where
 *     there are some, they are all of the model
 */
public record SentModel(@Nullable String config, Map<String, ByteBuffer> files) {
  /** Nothing: what the repository holds is loaded. */
  public static final SentModel NOTHING = new SentModel(null, Map.of());

  private static final int SHOWN_NAME = 600;

  /** Reading a configuration takes many times its size in memory. */
  private static final int LONGEST_CONFIG = 1 << 20;

  /**
   * Copies the map.
   *
   * @throws InferenceException with TooLarge where the configuration has more than 1 Mi characters
   */
  public SentModel {
    files = Map.copyOf(files);
    if (config != null && config.length() > LONGEST_CONFIG) {
      throw new InferenceException(
          new InferenceFailure.TooLarge(
              "The parameter 'config' has %d characters; a load takes at most %d. Leave out what is not needed."
                  .formatted(config.length(), LONGEST_CONFIG)));
    }
  }

  /** Refuses files, for a repository that takes none. */
  void refuseFiles() {
    for (var name : files.keySet()) {
      throw new InferenceException(
          new InferenceFailure.Unsupported(
              "The parameter 'file:%s' brings a file along, and this server loads only those that its repository holds. Put it there and load the model by its name, or start the service with '--model-control explicit --allow-model-upload'."
                  .formatted(name.length() > SHOWN_NAME ? name.substring(0, SHOWN_NAME) : name)));
    }
  }
}
