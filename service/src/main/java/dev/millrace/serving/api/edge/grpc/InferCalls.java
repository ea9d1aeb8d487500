package dev.millrace.serving.api.edge.grpc;

import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.telemetry.FailureReason;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.io.InputStream;
import java.time.Duration;

/** Makes the methods of a server that ask for predictions. */
public final class InferCalls {
  private final InferenceService inference;
  private final EventLoops loops;
  private final Duration messageTimeout;

  /**
   * Answers on these loops.
   *
   * @param messageTimeout how long the message of a call may take to arrive
   */
  public InferCalls(InferenceService inference, EventLoops loops, Duration messageTimeout) {
    this.inference = inference;
    this.loops = loops;
    this.messageTimeout = messageTimeout;
  }

  /** Counts a request that was not read far enough to name a model, by how its call ended. */
  public static void countUnread(InferenceService inference, Status.Code end) {
    var reason =
        switch (end) {
          case INVALID_ARGUMENT -> FailureReason.OTHER;
          case CANCELLED -> FailureReason.CANCELED;
          default -> FailureReason.REJECTED;
        };
    inference.countRefused("", null, reason);
  }

  /** A method whose messages are read and written by this codec, as bytes. */
  public <D extends InferCodec.Decoded> ServerCallHandler<InputStream, InputStream> method(
      InferCodec<D> codec) {
    return new InferHandler<>(codec, inference, loops, messageTimeout);
  }
}
