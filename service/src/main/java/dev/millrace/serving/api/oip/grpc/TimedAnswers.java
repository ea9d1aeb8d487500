package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.serving.api.edge.ServerTiming;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import org.jspecify.annotations.Nullable;

/** Tells the client of an inference where the time went, in the headers before the answer. */
final class TimedAnswers implements ServerInterceptor {
  private static final Metadata.Key<String> TIMING =
      Metadata.Key.of(ServerTiming.HEADER, Metadata.ASCII_STRING_MARSHALLER);
  private static final Context.Key<Headers> CURRENT = Context.key("headers of the answer");
  private static final String INFER =
      GRPCInferenceServiceGrpc.getModelInferMethod().getFullMethodName();

  /** The headers that go out before one answer. */
  interface Headers {
    /** Says where the time went; called before the answer is sent, by the thread that sends it. */
    void timing(String text);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    if (!INFER.equals(call.getMethodDescriptor().getFullMethodName())) {
      return next.startCall(call, headers);
    }
    var timed = new TimedCall<>(call);
    return Contexts.interceptCall(
        Context.current().withValue(CURRENT, timed), timed, headers, next);
  }

  /** Those of the inference that the calling thread handles. */
  static Headers current() {
    return CURRENT.get();
  }

  private static final class TimedCall<Q, A> extends SimpleForwardingServerCall<Q, A>
      implements Headers {
    private @Nullable String timing;

    TimedCall(ServerCall<Q, A> call) {
      super(call);
    }

    @Override
    public void timing(String text) {
      timing = text;
    }

    @Override
    public void sendHeaders(Metadata headers) {
      if (timing != null) {
        headers.put(TIMING, timing);
      }
      super.sendHeaders(headers);
    }
  }
}
