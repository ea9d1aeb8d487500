package dev.millrace.protocol.mlflow;

import org.jspecify.annotations.Nullable;

/** A store that refused a request, or that could not be reached. */
public final class MlflowException extends RuntimeException {
  /** The code of a store that did not answer, or not in time. */
  public static final String UNREACHABLE = "UNREACHABLE";

  /** The code of an answer that this client does not understand, or does not trust. */
  public static final String BAD_ANSWER = "BAD_ANSWER";

  private static final long serialVersionUID = 1L;
  private final int status;
  private final String errorCode;

  MlflowException(int status, String errorCode, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.status = status;
    this.errorCode = errorCode;
  }

  /** The HTTP status, 0 when there was no answer. */
  public int status() {
    return status;
  }

  /** Whether the store does not know what was asked of it, as others than model-store may not. */
  public boolean isUnknownRoute() {
    return errorCode.equals("ENDPOINT_NOT_FOUND");
  }

  /** MLflow's name of the failure, {@code RESOURCE_DOES_NOT_EXIST} for instance. */
  public String errorCode() {
    return errorCode;
  }
}
