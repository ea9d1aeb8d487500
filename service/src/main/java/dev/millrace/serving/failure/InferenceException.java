package dev.millrace.serving.failure;

/** Carries an {@link InferenceFailure} up to the caller that replies with it. */
public final class InferenceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient InferenceFailure failure;

  /** Has no stack trace: it reports on a request, not on the code. */
  public InferenceException(InferenceFailure failure) {
    super(failure.message(), null, false, false);
    this.failure = failure;
  }

  /** What to reply. */
  public InferenceFailure failure() {
    return failure;
  }
}
