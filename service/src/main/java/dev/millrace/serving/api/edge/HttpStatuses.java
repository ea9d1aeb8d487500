package dev.millrace.serving.api.edge;

import dev.millrace.serving.failure.InferenceFailure;

/** The HTTP status of each way a prediction fails. */
public final class HttpStatuses {
  private HttpStatuses() {}

  /** The status; the message of the failure goes into the body. */
  public static int of(InferenceFailure failure) {
    return switch (failure) {
      case InferenceFailure.NotFound _ -> 404;
      case InferenceFailure.NotReady _ -> 503;
      case InferenceFailure.Invalid _ -> 400;
      case InferenceFailure.TooLarge _ -> 413;
      case InferenceFailure.Unsupported _ -> 501;
      case InferenceFailure.Overloaded _ -> 503;
      case InferenceFailure.TimedOut _ -> 504;
      case InferenceFailure.Cancelled _ -> 499;
      case InferenceFailure.Broken _ -> 500;
    };
  }
}
