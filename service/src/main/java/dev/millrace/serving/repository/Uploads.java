package dev.millrace.serving.repository;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the files that loads bring along: those of each load in a folder of their own, so that
 * nothing is written into the repository, and a load that fails leaves no trace. They are gone when
 * the process is. Blocks on files; thread-safe for different models.
 */
final class Uploads {
  private static final Logger log = LoggerFactory.getLogger(Uploads.class);
  private static final int MOST_FILES = 1_000;
  private static final int MOST_STEPS = 8;
  private static final int LONGEST_NAME = 512;

  /** Of this process: others may have the same home. */
  private final Path root;

  /** Keeps them below this folder, and removes what processes that are gone have left there. */
  Uploads(Path folder) {
    root = folder.resolve(Long.toString(ProcessHandle.current().pid()));
    removeOfTheGone(folder);
  }

  private static void removeOfTheGone(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (var processes = Files.list(folder)) {
      processes.filter(Uploads::isOfNobody).forEach(Uploads::remove);
    } catch (IOException e) {
      log.warn("Cannot look for uploads of before: {}", e.toString());
    }
  }

  private static boolean isOfNobody(Path folder) {
    var name = folder.getFileName().toString();
    return name.matches("[0-9]{1,18}")
        && (Long.parseLong(name) == ProcessHandle.current().pid()
            || ProcessHandle.of(Long.parseLong(name)).isEmpty());
  }

  /**
   * Has the files of a model loaded, and keeps them in place of those that were sent before.
   *
   * @param load what is done with the repository that holds them and nothing else; where it fails,
   *     they are removed
   * @throws InferenceException with Invalid where they cannot be written
   */
  void serve(String model, SentModel sent, Consumer<ModelDirectory> load) {
    // Without a configuration they would be read with one that was not made for them.
    if (sent.config() == null) {
      throw invalid(
          model,
          "the parameter 'config' must be given where files are: send it, or '{}' to have it completed from the file");
    }
    if (!ModelName.allowed(model)) {
      throw invalid(model, "'%s' cannot be a model. %s".formatted(model, ModelName.rule()));
    }
    var upload = written(model, sent);
    try {
      load.accept(new ModelDirectory(upload, null));
    } catch (RuntimeException | Error e) {
      remove(upload);
      throw e;
    }
    keep(model, upload);
  }

  private Path written(String model, SentModel sent) {
    try {
      return write(model, sent.files());
    } catch (IOException e) {
      throw invalid(model, String.valueOf(e.getMessage()));
    }
  }

  private static InferenceException invalid(String model, String why) {
    return new InferenceException(
        new InferenceFailure.Invalid("failed to load '%s', %s".formatted(model, why)));
  }

  /**
   * Writes the files of a model; what comes back is a repository that holds nothing else.
   *
   * @throws IOException where a name leads out of the folder of the model, or there is no room
   */
  private Path write(String model, Map<String, ByteBuffer> files) throws IOException {
    if (files.size() > MOST_FILES) {
      throw new IOException(
          "%d files are sent; a load takes at most %d".formatted(files.size(), MOST_FILES));
    }
    var ofModel = Files.createDirectories(root.resolve(model));
    var upload = Files.createTempDirectory(ofModel, "load-");
    try {
      var folder = Files.createDirectories(upload.resolve(model));
      for (var file : files.entrySet()) {
        write(below(folder, file.getKey()), file.getValue().duplicate());
      }
      return upload;
    } catch (IOException | RuntimeException e) {
      remove(upload);
      throw e;
    }
  }

  private static void write(Path file, ByteBuffer content) throws IOException {
    Files.createDirectories(file.getParent());
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      while (content.hasRemaining()) {
        channel.write(content);
      }
    }
  }

  private static Path below(Path folder, String name) throws IOException {
    try {
      var path = Path.of(name);
      boolean odd =
          name.isEmpty()
              || name.length() > LONGEST_NAME
              || name.indexOf('\\') >= 0
              || path.isAbsolute()
              || path.getNameCount() > MOST_STEPS
              || !path.equals(path.normalize())
              || name.startsWith("..");
      if (!odd) {
        return folder.resolve(path);
      }
    } catch (InvalidPathException _) {
      // Told below.
    }
    throw new IOException(
        "'file:%s' names no file inside the folder of the model. Name it from there, as in 'file:1/model.onnx'."
            .formatted(name.replaceAll("\\p{Cntrl}", "?")));
  }

  /**
   * Removes all uploads of a model but this one.
   *
   * @param kept null for none
   */
  void keep(String model, @Nullable Path kept) {
    var ofModel = root.resolve(model);
    if (!Files.isDirectory(ofModel)) {
      return;
    }
    try (var uploads = Files.list(ofModel)) {
      uploads.filter(upload -> !upload.equals(kept)).forEach(Uploads::remove);
    } catch (IOException e) {
      log.warn("Cannot remove uploads of before: model={} reason={}", model, e.toString());
    }
  }

  /** A file that is open stays until it is closed. */
  private static void remove(Path folder) {
    try (var below = Files.walk(folder)) {
      for (var path : below.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException | UncheckedIOException e) {
      log.warn("Cannot remove an upload: folder={} reason={}", folder, e.toString());
    }
  }
}
