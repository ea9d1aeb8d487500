package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.json.JsonBody;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The directory whose models are served, as the URLs of SageMaker's models name it. Touches files:
 * not on event loops.
 */
public final class ServedDirectory {
  private final Optional<Path> root;

  private ServedDirectory(Optional<Path> root) {
    this.root = root;
  }

  /** The models below this folder. */
  public static ServedDirectory of(Path root) {
    return new ServedDirectory(Optional.of(root));
  }

  /** There is none: the models come from a store. */
  public static ServedDirectory none() {
    return new ServedDirectory(Optional.empty());
  }

  /**
   * Checks that a URL names the folder of a model, or something in it.
   *
   * @throws InferenceException with Invalid where it leads elsewhere, without a word on whether
   *     something is there, and Unsupported where the model would be called otherwise, or where
   *     there is no directory
   */
  void require(String model, String url) {
    var folder = root.orElseThrow(ServedDirectory::fromStore);
    var inside = inside(folder, url);
    if (!inside.getName(0).toString().equals(model)) {
      throw unsupported(
          "The model in '%s' is called '%s', as its folder, and cannot be loaded as '%s'. Send that name as 'model_name'."
              .formatted(url, inside.getName(0), model));
    }
  }

  /** Where a model lies, for clients that ask; empty where it comes from a store. */
  String url(String model) {
    return root.map(folder -> folder.toAbsolutePath().normalize().resolve(model).toString())
        .orElse("");
  }

  private static Path inside(Path root, String url) {
    try {
      var top = root.toRealPath();
      // A relative path would mean the folder of the process; here it means the served one.
      var real = top.resolve(url).toRealPath();
      if (real.startsWith(top) && !real.equals(top) && Files.isDirectory(real)) {
        return top.relativize(real);
      }
    } catch (IOException | InvalidPathException _) {
      // The client hears the same as of a path that leads elsewhere.
    }
    throw JsonBody.refusal(
        "'%s' is no folder of a model in the served directory. Put the model there, and send its path as 'url'."
            .formatted(url));
  }

  private static InferenceException fromStore() {
    return unsupported(
        "The models come from a model store, so none is loaded from a URL. Move the alias in the store, or start the service with --models.");
  }

  private static InferenceException unsupported(String message) {
    return new InferenceException(new InferenceFailure.Unsupported(message));
  }
}
