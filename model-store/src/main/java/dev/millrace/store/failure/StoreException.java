package dev.millrace.store.failure;

/** A request that the store refuses; the message is for the client. */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final ErrorCode code;

  /** A refusal with MLflow's code. */
  public StoreException(ErrorCode code, String message) {
    super(message);
    this.code = code;
  }

  /** A request that is wrong in itself. */
  public static StoreException invalid(String message) {
    return new StoreException(ErrorCode.INVALID_PARAMETER_VALUE, message);
  }

  /** Something that is not there. */
  public static StoreException missing(String message) {
    return new StoreException(ErrorCode.RESOURCE_DOES_NOT_EXIST, message);
  }

  /** A name that is taken. */
  public static StoreException exists(String message) {
    return new StoreException(ErrorCode.RESOURCE_ALREADY_EXISTS, message);
  }

  /** A required parameter that the request does not have. */
  public static StoreException withoutParameter(String name) {
    return invalid(
        "Missing value for required parameter '%s'. See the API docs for more information about request parameters."
            .formatted(name));
  }

  /** Why, as MLflow names it. */
  public ErrorCode code() {
    return code;
  }
}
