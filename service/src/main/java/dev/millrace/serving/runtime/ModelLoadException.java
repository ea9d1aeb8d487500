package dev.millrace.serving.runtime;

import org.jspecify.annotations.Nullable;

/** A model file could not be opened; the message says which, why and what to do. */
public final class ModelLoadException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The cause is for the log. */
  public ModelLoadException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
