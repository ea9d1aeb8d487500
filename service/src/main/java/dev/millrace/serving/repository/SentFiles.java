package dev.millrace.serving.repository;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/** Files that a load brings along, under paths that were checked. */
final class SentFiles {
  private static final int MOST_FILES = 1_000;
  private static final int MOST_STEPS = 8;
  private static final int LONGEST_NAME = 512;
  private static final int SHOWN_NAME = 600;

  /** What file systems take. */
  private static final int LONGEST_STEP_BYTES = 255;

  private final Map<Path, ByteBuffer> files;

  private SentFiles(Map<Path, ByteBuffer> files) {
    this.files = files;
  }

  /** Names that cannot be written; the message is for the client. */
  static final class BadNameException extends Exception {
    private static final long serialVersionUID = 1L;

    private BadNameException(String message) {
      super(message);
    }
  }

  /**
   * Checks the names, so that nothing of them is written where one is wrong.
   *
   * @throws BadNameException where one leads out of the folder, is too long, or stands in the way
   *     of another
   */
  static SentFiles checked(Map<String, ByteBuffer> named) throws BadNameException {
    if (named.size() > MOST_FILES) {
      throw new BadNameException(
          "%d files are sent; a load takes at most %d".formatted(named.size(), MOST_FILES));
    }
    var names = new HashMap<Path, String>();
    var files = new HashMap<Path, ByteBuffer>();
    for (var file : named.entrySet()) {
      var path = path(file.getKey());
      var other = names.put(path, file.getKey());
      if (other != null) {
        throw collision(file.getKey(), other);
      }
      files.put(path, file.getValue());
    }
    for (var path : names.keySet()) {
      requireNoFileAbove(path, names);
    }
    return new SentFiles(files);
  }

  private static void requireNoFileAbove(Path path, Map<Path, String> names)
      throws BadNameException {
    for (var above = path.getParent(); above != null; above = above.getParent()) {
      var file = names.get(above);
      if (file != null) {
        throw collision(names.getOrDefault(path, ""), file);
      }
    }
  }

  private static BadNameException collision(String name, String other) {
    return new BadNameException(
        "'file:%s' and 'file:%s' cannot both be written: they name one file, or a file and a folder. Send each file once, under a path of its own."
            .formatted(shown(name), shown(other)));
  }

  private static Path path(String name) throws BadNameException {
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
        requireShortSteps(path, name);
        return path;
      }
    } catch (InvalidPathException _) {
      // Told below.
    }
    throw new BadNameException(
        "'file:%s' names no file inside the folder of the model. Name it from there, as in 'file:1/model.onnx'."
            .formatted(shown(name)));
  }

  private static void requireShortSteps(Path path, String name) throws BadNameException {
    for (var step : path) {
      int length = step.toString().getBytes(StandardCharsets.UTF_8).length;
      if (length > LONGEST_STEP_BYTES) {
        throw new BadNameException(
            "'file:%s' has a step of %d bytes between its slashes; at most %d are taken. Send the file under a shorter name."
                .formatted(shown(name), length, LONGEST_STEP_BYTES));
      }
    }
  }

  private static String shown(String name) {
    var start = name.length() > SHOWN_NAME ? name.substring(0, SHOWN_NAME) + "..." : name;
    return start.replaceAll("\\p{Cntrl}", "?");
  }

  /** Writes them below a folder, which is made. */
  void writeTo(Path folder) throws IOException {
    Files.createDirectory(folder);
    for (var file : files.entrySet()) {
      write(folder.resolve(file.getKey()), file.getValue().duplicate());
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

  /** A message in which files are named from the folder of their model on. */
  static String withoutFolder(String message, Path folder) {
    return message
        .replace(folder + "/", "")
        .replace(folder.toString(), folder.getFileName().toString());
  }
}
