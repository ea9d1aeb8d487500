package dev.millrace.serving.api.edge.grpc;

import dev.millrace.serving.inference.InferenceService;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.io.InputStream;
import java.time.Duration;

/** One method that asks for predictions, on the event loops of its connections. */
final class InferHandler<D extends InferCodec.Decoded>
    implements ServerCallHandler<InputStream, InputStream> {
  private final InferCodec<D> codec;
  private final InferenceService inference;
  private final EventLoops loops;
  private final Duration messageTimeout;

  InferHandler(
      InferCodec<D> codec, InferenceService inference, EventLoops loops, Duration messageTimeout) {
    this.codec = codec;
    this.inference = inference;
    this.loops = loops;
    this.messageTimeout = messageTimeout;
  }

  @Override
  public ServerCall.Listener<InputStream> startCall(
      ServerCall<InputStream, InputStream> call, Metadata headers) {
    CompressedAnswers.choose(call, headers);
    // One more than is wanted, to notice clients that send several.
    call.request(2);
    return new InferCall<>(this, call, loops.current(), MessageMemory.current());
  }

  InferCodec<D> codec() {
    return codec;
  }

  InferenceService inference() {
    return inference;
  }

  Duration messageTimeout() {
    return messageTimeout;
  }

  /** Counts a request that was not read far enough to name a model. */
  void countUnread(Status.Code end) {
    InferCalls.countUnread(inference, end);
  }
}
