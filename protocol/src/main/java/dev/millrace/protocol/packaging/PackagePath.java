package dev.millrace.protocol.packaging;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Paths of a package: plain names below its folder, so that no package reaches outside it. */
final class PackagePath {
  private static final String SEGMENT = "(?!\\.\\.?(?:/|$))[A-Za-z0-9._-]+";
  private static final Pattern RELATIVE = Pattern.compile(SEGMENT + "(?:/" + SEGMENT + ")*");

  private PackagePath() {}

  static void requireRelative(String path) {
    if (!RELATIVE.matcher(path).matches()) {
      throw new IllegalArgumentException(
          "path '%s' is not below the package; expected names of letters, digits, '.', '_', '-' joined by '/'"
              .formatted(path));
    }
  }

  /** A regular file below the folder; a link counts as one only where {@code options} follow it. */
  static Path regularFile(Path folder, String path, LinkOption... options) {
    var file = folder.resolve(path);
    if (!Files.isRegularFile(file, options)) {
      throw PackageException.of(
          file, "a regular file", kindOf(file), "Publish the model again, or restore the file.");
    }
    return file;
  }

  static String kindOf(Path file) {
    if (Files.isSymbolicLink(file)) {
      return "a symbolic link";
    }
    if (Files.isDirectory(file)) {
      return "a folder";
    }
    return Files.exists(file) ? "a special file" : "none";
  }
}
