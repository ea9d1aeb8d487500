package dev.millrace.serving.runtime;

/** A run failed because the model cannot take these values; the caller can mend that. */
public final class ValuesRefusedException extends ModelRunException {
  private static final long serialVersionUID = 1L;

  private final String reason;

  /**
   * Keeps the runtime's own exception as the cause.
   *
   * @param reason what the model says of the values, fit for clients
   */
  public ValuesRefusedException(String reason, Throwable cause) {
    super(cause.getMessage(), cause);
    this.reason = reason;
  }

  /** What the model says of the values. */
  public String reason() {
    return reason;
  }
}
