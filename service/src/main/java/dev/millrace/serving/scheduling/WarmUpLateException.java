package dev.millrace.serving.scheduling;

/** The time for a warm-up was over before it was. */
final class WarmUpLateException extends RuntimeException {
  private static final long serialVersionUID = 1;

  WarmUpLateException() {
    super("took longer than allowed");
  }
}
