package dev.millrace.serving.api.oip.grpc;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;

/** Refusals of a malformed message. */
final class InputFailures {
  private InputFailures() {}

  static InferenceException invalid(String message) {
    return new InferenceException(new InferenceFailure.Invalid(message));
  }

  static InferenceException unsupported(String message) {
    return new InferenceException(new InferenceFailure.Unsupported(message));
  }
}
