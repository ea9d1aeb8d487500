package dev.millrace.protocol.packaging;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.json.JsonMapper;

/** Reads and writes the JSON files of a package; what a package may make us read is bounded. */
final class PackageJson {
  static final long MANIFEST_BYTES = 1 << 20;
  static final long GOLDEN_BYTES = 256L << 20;

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private PackageJson() {}

  static <T> T read(Path file, Class<T> type, long maximumBytes) {
    requireSize(file, maximumBytes);
    try {
      return MAPPER.readValue(file, type);
    } catch (JacksonException e) {
      throw new PackageException(
          "Package file '%s': expected the JSON of a %s, found: %s. Publish the model again."
              .formatted(file, type.getSimpleName(), reason(e)),
          e);
    }
  }

  static void write(Path file, Object value) {
    MAPPER.writeValue(file, value);
  }

  static String text(Object value) {
    return MAPPER.writeValueAsString(value);
  }

  static void requireSize(Path file, long maximumBytes) {
    long found = size(file);
    if (found > maximumBytes) {
      throw PackageException.of(
          file, "at most " + maximumBytes + " bytes", found + " bytes", "Write it shorter.");
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The records say what is wrong with them; Jackson wraps that in its own words. */
  private static String reason(JacksonException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof IllegalArgumentException || cause instanceof NullPointerException) {
        return String.valueOf(cause.getMessage());
      }
    }
    return e.getOriginalMessage() + place(e.getLocation());
  }

  private static String place(@Nullable TokenStreamLocation at) {
    return at == null ? "" : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr());
  }
}
