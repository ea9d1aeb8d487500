package dev.millrace.serving.api.edge.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;

/** Tells the client what is wrong with a message that is too large or not protobuf. */
public final class UnreadableMessages implements ServerInterceptor {
  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    return new Refusing<>(next.startCall(call, headers), call);
  }

  /** What a client is told of a message that gRPC or its parser refused. */
  public static Status status(StatusRuntimeException unreadable) {
    return unreadable.getCause() instanceof InvalidProtocolBufferException damaged
        ? Status.INVALID_ARGUMENT.withDescription(
            "The message is not the protobuf message of this method: " + damaged.getMessage())
        : unreadable.getStatus();
  }

  /** What a client is told of a message that broke off. */
  public static Status status(IOException unreadable) {
    return Status.INVALID_ARGUMENT.withDescription(
        "The message cannot be read: " + unreadable.getMessage());
  }

  private static final class Refusing<Q> extends SimpleForwardingServerCallListener<Q> {
    private final ServerCall<Q, ?> call;
    // The calls of a listener come one after another.
    private boolean refused;

    Refusing(ServerCall.Listener<Q> next, ServerCall<Q, ?> call) {
      super(next);
      this.call = call;
    }

    @Override
    public void onMessage(Q message) {
      try {
        super.onMessage(message);
      } catch (StatusRuntimeException unreadable) {
        refused = true;
        call.close(status(unreadable), new Metadata());
      }
    }

    @Override
    public void onHalfClose() {
      if (!refused) {
        super.onHalfClose();
      }
    }
  }
}
