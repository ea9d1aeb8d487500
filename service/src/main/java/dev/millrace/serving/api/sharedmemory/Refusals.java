package dev.millrace.serving.api.sharedmemory;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;

/** Refusals in the words of Triton, of what a client itself sent and of nothing else. */
final class Refusals {
  private Refusals() {}

  static InferenceException invalid(String message) {
    return new InferenceException(new InferenceFailure.Invalid(message));
  }

  static InferenceException notFound(String message) {
    return new InferenceException(new InferenceFailure.NotFound(message));
  }

  static InferenceException notRegistered(String region, String why) {
    return invalid(
        "failed to register shared memory region '%s': invalid args: %s".formatted(region, why));
  }
}
