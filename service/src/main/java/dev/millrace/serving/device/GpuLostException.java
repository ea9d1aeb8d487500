package dev.millrace.serving.device;

/** A GPU does not answer; the message says how that shows. */
final class GpuLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  GpuLostException(String message) {
    super(message);
  }
}
