package dev.millrace.serving.api.edge.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/** Answers a gzip request with gzip; other clients are spared the processor time. */
public final class CompressedAnswers implements ServerInterceptor {
  private static final Metadata.Key<String> ENCODING =
      Metadata.Key.of("grpc-encoding", Metadata.ASCII_STRING_MARSHALLER);

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    choose(call, headers);
    return next.startCall(call, headers);
  }

  /** Before anything is sent. */
  public static void choose(ServerCall<?, ?> call, Metadata headers) {
    if ("gzip".equals(headers.get(ENCODING))) {
      call.setCompression("gzip");
    }
  }
}
