package dev.millrace.loadtest.traffic;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * Sends the same serialized ModelInferRequest and does not parse the answer: the server is
 * measured, not protobuf.
 */
final class GrpcCaller implements Caller {
  private static final MethodDescriptor<byte[], Integer> INFER =
      MethodDescriptor.<byte[], Integer>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(GRPCInferenceServiceGrpc.getModelInferMethod().getFullMethodName())
          .setRequestMarshaller(new RequestMarshaller())
          .setResponseMarshaller(new AnswerMarshaller())
          .build();

  private final Channel channel;
  private final byte[] request;

  GrpcCaller(Channel channel, byte[] request) {
    this.channel = channel;
    this.request = request;
  }

  @Override
  public void send(Outcome outcome) {
    var call = channel.newCall(INFER, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            outcome.answered(
                status.isOk() ? null : status.getCode() + ": " + status.getDescription());
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage(request);
    call.halfClose();
  }

  private static final class RequestMarshaller implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      throw new UnsupportedOperationException("Requests are only sent.");
    }
  }

  /** Knows only how long an answer is. */
  private static final class AnswerMarshaller implements MethodDescriptor.Marshaller<Integer> {
    @Override
    public InputStream stream(Integer value) {
      throw new UnsupportedOperationException("Answers are only received.");
    }

    @Override
    public Integer parse(InputStream stream) {
      try (stream) {
        return stream.available();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
