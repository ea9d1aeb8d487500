package dev.millrace.serving.config;

/** A setting that does not let the service start; the message is one sentence for people. */
final class StartFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StartFailure(String message) {
    super(message);
  }
}
