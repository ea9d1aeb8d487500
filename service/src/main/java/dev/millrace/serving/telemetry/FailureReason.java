package dev.millrace.serving.telemetry;

import dev.millrace.serving.failure.InferenceFailure;

/** Why a request failed, with the words of Triton's tag {@code reason}. */
public enum FailureReason {
  /** Refused before it was computed: queue full, deadline not to be met, server draining. */
  REJECTED,
  /** The client did not want it any more. */
  CANCELED,
  /** The runtime failed. */
  BACKEND,
  /** Everything else, such as a request that contradicts the signature. */
  OTHER;

  /** The reason of a request that failed before a version counted it. */
  public static FailureReason of(InferenceFailure failure) {
    return switch (failure) {
      case InferenceFailure.NotReady _,
          InferenceFailure.Overloaded _,
          InferenceFailure.TimedOut _ ->
          REJECTED;
      case InferenceFailure.Cancelled _ -> CANCELED;
      case InferenceFailure.NotFound _,
          InferenceFailure.Invalid _,
          InferenceFailure.TooLarge _,
          InferenceFailure.Unsupported _,
          InferenceFailure.Broken _ ->
          OTHER;
    };
  }
}
