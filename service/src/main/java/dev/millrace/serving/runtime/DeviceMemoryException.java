package dev.millrace.serving.runtime;

/** A run failed because its device has no memory left; the instance must not be used again. */
public final class DeviceMemoryException extends ModelRunException {
  private static final long serialVersionUID = 1;

  /** With what the runtime said. */
  public DeviceMemoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
