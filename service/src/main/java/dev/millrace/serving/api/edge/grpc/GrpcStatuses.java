package dev.millrace.serving.api.edge.grpc;

import dev.millrace.serving.failure.InferenceFailure;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** The gRPC status of each way a prediction fails. */
public final class GrpcStatuses {
  /**
   * In UTF-8. Clients take 8 KiB of metadata, in which each of these bytes may be written as three;
   * beyond that they see a broken stream instead of the status.
   */
  private static final int MAX_DESCRIPTION_BYTES = 2_000;

  private GrpcStatuses() {}

  /** With the message of the failure, shortened where clients could not take it. */
  public static Status of(InferenceFailure failure) {
    return code(failure).toStatus().withDescription(shortened(failure.message()));
  }

  private static String shortened(String message) {
    var rest = CharBuffer.wrap(message);
    var _ =
        StandardCharsets.UTF_8
            .newEncoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .encode(rest, ByteBuffer.allocate(MAX_DESCRIPTION_BYTES), true);
    return rest.hasRemaining() ? message.substring(0, rest.position()) + "..." : message;
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
