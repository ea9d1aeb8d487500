package dev.millrace.protocol.packaging;

import org.jspecify.annotations.Nullable;

/**
 * A packaged model that must not be used; its message names the file, what was expected and what
 * was found.
 */
public final class PackageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PackageException(String message) {
    this(message, null);
  }

  PackageException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** One sentence for every refusal, so that they read alike. */
  static PackageException of(Object file, String expected, String found, String wayOut) {
    return new PackageException(
        "Package file '%s': expected %s, found %s. %s"
            .formatted(file, expected, found, wayOut)
            .strip());
  }
}
