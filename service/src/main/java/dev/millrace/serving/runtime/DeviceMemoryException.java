package dev.millrace.serving.runtime;

import org.jspecify.annotations.Nullable;

/** A run failed because its device has no memory left; the instance must not be used again. */
public final class DeviceMemoryException extends ModelRunException {
  private static final long serialVersionUID = 1;

  /** With what the runtime said. */
  public DeviceMemoryException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * Whether a failure, of a load, a warm-up or a run, comes down to memory that the device did not
   * have: another device, or an unloaded model, may help where otherwise nothing does.
   */
  public static boolean isBehind(Throwable failure) {
    for (@Nullable Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof DeviceMemoryException) {
        return true;
      }
    }
    return false;
  }
}
