package dev.millrace.serving.api.oip.grpc;

import dev.millrace.serving.api.edge.grpc.CompressedAnswers;
import dev.millrace.serving.api.edge.grpc.EventLoops;
import dev.millrace.serving.api.edge.grpc.InferCalls;
import dev.millrace.serving.api.edge.grpc.StreamMemory;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.io.InputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * ModelStreamInfer: many requests on one call, answered in their order. What a request of it means
 * is {@link InferMethod}'s business.
 */
final class StreamMethod implements ServerCallHandler<InputStream, InputStream> {
  private final InferMethod method;
  private final EventLoops loops;
  private final long mostUnsentBytes;
  private final Duration messageTimeout;
  private final Set<StreamCall> open = ConcurrentHashMap.newKeySet();

  StreamMethod(InferMethod method, EventLoops loops, GrpcSettings settings) {
    this.method = method;
    this.loops = loops;
    mostUnsentBytes = settings.maxMessageBytes();
    messageTimeout = settings.messageTimeout();
  }

  @Override
  public ServerCall.Listener<InputStream> startCall(
      ServerCall<InputStream, InputStream> call, Metadata headers) {
    CompressedAnswers.choose(call, headers);
    var stream = new StreamCall(this, call, loops.current(), StreamMemory.current());
    open.add(stream);
    stream.start();
    return stream;
  }

  InferMethod method() {
    return method;
  }

  Duration messageTimeout() {
    return messageTimeout;
  }

  void countUnread(Status.Code end) {
    InferCalls.countUnread(method.inference(), end);
  }

  /** Answers that wait for the client; with more of them no more requests are read. */
  long mostUnsentBytes() {
    return mostUnsentBytes;
  }

  void ended(StreamCall stream) {
    open.remove(stream);
  }

  /** Lets every stream answer what it has read and then end: clients keep streams open for ever. */
  void drain() {
    open.forEach(StreamCall::drainSoon);
  }
}
