package dev.millrace.serving.config;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.lifecycle.RehearsalModel;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * One gRPC connection of the rehearsal, which sends one request again and again, with time or in a
 * hurry.
 */
final class RehearsalGrpc implements Rehearsal.Call {
  private static final long LIMIT_SECONDS = 5;

  /** Too late, or too much to wait for. */
  private static final Set<Status.Code> REFUSED =
      Set.of(Status.Code.DEADLINE_EXCEEDED, Status.Code.UNAVAILABLE);

  private final ManagedChannel channel;
  private final GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub stub;
  private final ModelInferRequest request;
  private final ModelInferRequest hurried;

  RehearsalGrpc(String host, int port, String model) {
    channel = NettyChannelBuilder.forAddress(host, port).usePlaintext().build();
    stub = GRPCInferenceServiceGrpc.newBlockingStub(channel);
    request =
        ModelInferRequest.newBuilder()
            .setModelName(model)
            .addInputs(
                ModelInferRequest.InferInputTensor.newBuilder()
                    .setName("image")
                    .setDatatype("FP32")
                    .addShape(1)
                    .addShape(RehearsalModel.VALUES))
            .addRawInputContents(ByteString.copyFrom(new byte[RehearsalModel.VALUES * Float.BYTES]))
            .build();
    hurried =
        request.toBuilder()
            .putParameters(
                "timeout", InferParameter.newBuilder().setInt64Param(HURRY_MICROS).build())
            .build();
  }

  @Override
  public void ask() {
    send(request);
  }

  @Override
  public boolean hurry() {
    try {
      send(hurried);
      return false;
    } catch (StatusRuntimeException e) {
      if (!REFUSED.contains(e.getStatus().getCode())) {
        throw e;
      }
      return true;
    }
  }

  private void send(ModelInferRequest message) {
    var _ = stub.withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS).modelInfer(message);
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
