package dev.millrace.serving.modelconfig;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** The files that a configuration may name: those inside the folder of its model. */
final class ModelFolder {
  private static final long MOST_LABEL_BYTES = 16 << 20;

  private ModelFolder() {}

  /** A file that is there, and inside; messages show the name as it was given. */
  static Path file(Path folder, String name) throws IOException {
    var file = below(folder, name);
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          "there is no file '%s' in the folder of the model. Put it there.".formatted(name));
    }
    requireInside(folder, file);
    return file;
  }

  /** Refuses what leads outside by its name alone. */
  static Path below(Path folder, String name) throws IOException {
    try {
      var path = Path.of(name);
      if (name.indexOf('\\') >= 0 || path.isAbsolute() || hasSteps(path)) {
        throw outside(name);
      }
      return folder.resolve(path);
    } catch (InvalidPathException e) {
      throw new IOException("'%s' is no name of a file.".formatted(printable(name)), e);
    }
  }

  private static boolean hasSteps(Path path) {
    for (var step : path) {
      if (step.toString().equals("..")) {
        return true;
      }
    }
    return false;
  }

  /** Refuses a link that leads outside. */
  static void requireInside(Path folder, Path file) throws IOException {
    if (!file.toRealPath().startsWith(folder.toRealPath())) {
      throw outside(folder.relativize(file).toString());
    }
  }

  /** The lines of a file of labels. */
  static List<String> lines(Path file) throws IOException {
    if (Files.size(file) > MOST_LABEL_BYTES) {
      throw new IOException(
          "'%s' has %d bytes; a file of labels has at most %d"
              .formatted(file.getFileName(), Files.size(file), MOST_LABEL_BYTES));
    }
    try {
      return Files.readAllLines(file);
    } catch (CharacterCodingException e) {
      throw new IOException("'%s' is not UTF-8.".formatted(file.getFileName()), e);
    }
  }

  private static IOException outside(String name) {
    return new IOException(
        "'%s' leads out of the folder of the model. Put the file inside, and name it from there."
            .formatted(name));
  }

  private static String printable(String name) {
    return name.replaceAll("\\p{Cntrl}", "?");
  }
}
