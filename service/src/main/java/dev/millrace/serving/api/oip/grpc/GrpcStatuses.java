package dev.millrace.serving.api.oip.grpc;

import dev.millrace.serving.failure.InferenceFailure;
import io.grpc.Status;

/** The gRPC status of each way a prediction fails. */
final class GrpcStatuses {
  private GrpcStatuses() {}

  static Status of(InferenceFailure failure) {
    return code(failure).toStatus().withDescription(failure.message());
  }

  private static Status.Code code(InferenceFailure failure) {
    return switch (failure) {
      case InferenceFailure.NotFound _ -> Status.Code.NOT_FOUND;
      case InferenceFailure.NotReady _ -> Status.Code.UNAVAILABLE;
      case InferenceFailure.Invalid _ -> Status.Code.INVALID_ARGUMENT;
      case InferenceFailure.TooLarge _ -> Status.Code.RESOURCE_EXHAUSTED;
      case InferenceFailure.Unsupported _ -> Status.Code.UNIMPLEMENTED;
      case InferenceFailure.Overloaded _ -> Status.Code.UNAVAILABLE;
      case InferenceFailure.TimedOut _ -> Status.Code.DEADLINE_EXCEEDED;
      case InferenceFailure.Cancelled _ -> Status.Code.CANCELLED;
      case InferenceFailure.Broken _ -> Status.Code.INTERNAL;
    };
  }
}
