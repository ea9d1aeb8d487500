package dev.millrace.store.failure;

/** MLflow's names of failures, with the HTTP status that each has there. */
public enum ErrorCode {
  /** A request that is wrong in itself. */
  INVALID_PARAMETER_VALUE(400),
  /** A name that is taken: MLflow answers 400 and not 409. */
  RESOURCE_ALREADY_EXISTS(400),
  /** Something that is not there. */
  RESOURCE_DOES_NOT_EXIST(404),
  /** A route that is not there. */
  ENDPOINT_NOT_FOUND(404),
  /** A request without a valid token. */
  UNAUTHENTICATED(401),
  /** A request from a foreign web page. */
  PERMISSION_DENIED(403),
  /** A thing in a state that does not allow it: MLflow answers 500. */
  INVALID_STATE(500),
  /** A part of MLflow that this store does not have. */
  NOT_IMPLEMENTED(501),
  /** As many requests of a kind as the store bears at a time. */
  RESOURCE_EXHAUSTED(429),
  /** No room for it: MLflow has no status for that. */
  RESOURCE_LIMIT_EXCEEDED(507),
  /** Too much to do right now; clients try again. */
  TEMPORARILY_UNAVAILABLE(503),
  /** An error of the store itself. */
  INTERNAL_ERROR(500);

  private final int status;

  ErrorCode(int status) {
    this.status = status;
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }
}
