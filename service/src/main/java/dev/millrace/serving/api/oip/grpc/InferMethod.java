package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.time.NanoClock;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * ModelInfer, on the event loop of its connection. It gets and sends messages as bytes: see {@link
 * PlainRequests} and {@link PlainAnswers} for what is then not done.
 */
final class InferMethod implements ServerCallHandler<InputStream, InputStream> {
  private final PlainRequests plain = new PlainRequests(PooledByteBufAllocator.DEFAULT);
  private final InferDecoder decoder = new InferDecoder(PooledByteBufAllocator.DEFAULT);
  private final InferenceService inference;
  private final EventLoops loops;
  private final Duration messageTimeout;
  private final MessageLimits limits;

  InferMethod(InferenceService inference, EventLoops loops, GrpcSettings settings) {
    this.inference = inference;
    this.loops = loops;
    messageTimeout = settings.messageTimeout();
    limits = new MessageLimits(settings.maxMessageBytes());
  }

  @Override
  public ServerCall.Listener<InputStream> startCall(
      ServerCall<InputStream, InputStream> call, Metadata headers) {
    CompressedAnswers.choose(call, headers);
    // One more than is wanted, to notice clients that send several.
    call.request(2);
    return new InferCall(this, call, loops.current(), MessageMemory.current());
  }

  InferenceService inference() {
    return inference;
  }

  Duration messageTimeout() {
    return messageTimeout;
  }

  /**
   * Throws {@link InferenceException} where the message contradicts the protocol or itself, {@link
   * io.grpc.StatusRuntimeException} where it is not this message at all or too large.
   */
  DecodedInfer decode(InputStream stream) throws IOException {
    var deadline = Context.current().getDeadline();
    var simple = plain.read(stream, RequestOptions.of(deadline, NanoClock.SYSTEM).deadlineNanos());
    return simple == null ? decodeAny(stream, deadline) : simple;
  }

  private DecodedInfer decodeAny(InputStream stream, @Nullable Deadline deadline) {
    var message =
        GRPCInferenceServiceGrpc.getModelInferMethod().parseRequest(limits.checked(stream));
    try {
      return decoder.decode(
          message, RequestOptions.of(message, deadline, NanoClock.SYSTEM.nanos()));
    } catch (InferenceException refusal) {
      count(message);
      throw refusal;
    }
  }

  /** Counts a request that was not read far enough to name a model. */
  void countUnread(Status.Code end) {
    var reason =
        switch (end) {
          case INVALID_ARGUMENT -> FailureReason.OTHER;
          case CANCELLED -> FailureReason.CANCELED;
          default -> FailureReason.REJECTED;
        };
    inference.countRefused("", null, reason);
  }

  private void count(ModelInferRequest refused) {
    var version = refused.getModelVersion();
    inference.countUnreadable(refused.getModelName(), version.isEmpty() ? null : version);
  }
}
