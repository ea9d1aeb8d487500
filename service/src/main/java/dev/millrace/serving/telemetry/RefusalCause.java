package dev.millrace.serving.telemetry;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.failure.InferenceFailure.Grounds;
import java.util.Locale;

/**
 * Why a request was refused before it was computed: the parts of {@link FailureReason#REJECTED}.
 */
public enum RefusalCause {
  /** There was no room for it, in a queue or in memory. */
  FULL,
  /** Its time was over before it ran. */
  EXPIRED,
  /** It would not have been answered within its own time. */
  PREDICTED_DEADLINE,
  /** It would not have been answered within the model's latency goal. */
  PREDICTED_GOAL,
  /** No version could answer it. */
  NOT_READY,
  /** Anything else. */
  OTHER;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** The cause of a failure with the reason {@link FailureReason#REJECTED}. */
  public static RefusalCause of(InferenceFailure failure) {
    return switch (failure) {
      case InferenceFailure.Overloaded(_, var grounds) ->
          grounds == Grounds.FORECAST ? PREDICTED_GOAL : FULL;
      case InferenceFailure.TimedOut(_, var grounds) ->
          grounds == Grounds.FORECAST ? PREDICTED_DEADLINE : EXPIRED;
      case InferenceFailure.NotReady _ -> NOT_READY;
      case InferenceFailure.NotFound _,
          InferenceFailure.Invalid _,
          InferenceFailure.TooLarge _,
          InferenceFailure.Unsupported _,
          InferenceFailure.Cancelled _,
          InferenceFailure.Broken _ ->
          OTHER;
    };
  }

  /** As headers and tags write it. */
  public String label() {
    return label;
  }
}
