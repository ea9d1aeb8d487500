package dev.millrace.serving.runtime;

import org.jspecify.annotations.Nullable;

/** A run failed; the message is the runtime's, for the log and not for clients. */
public sealed class ModelRunException extends RuntimeException
    permits DeviceMemoryException, ValuesRefusedException {
  private static final long serialVersionUID = 1L;

  /** Keeps the runtime's own exception as the cause. */
  public ModelRunException(@Nullable String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
