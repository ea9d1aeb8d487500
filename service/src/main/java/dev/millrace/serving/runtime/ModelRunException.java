package dev.millrace.serving.runtime;

import org.jspecify.annotations.Nullable;

/** A run failed; the message is the runtime's, for the log and not for clients. */
public final class ModelRunException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Keeps the runtime's own exception as the cause. */
  public ModelRunException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
