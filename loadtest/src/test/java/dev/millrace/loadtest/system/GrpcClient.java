package dev.millrace.loadtest.system;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.ModelInferRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Open Inference Protocol over gRPC with raw tensors. */
final class GrpcClient implements InferClient, AutoCloseable {
  private final ManagedChannel channel;

  GrpcClient(URI server) {
    channel =
        NettyChannelBuilder.forAddress(server.getHost(), server.getPort()).usePlaintext().build();
  }

  GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub stub() {
    return GRPCInferenceServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  @Override
  public String protocol() {
    return "gRPC";
  }

  @Override
  public Answer infer(float[] pictures) throws IOException {
    try {
      var answer = stub().modelInfer(request(pictures));
      var values = answer.getRawOutputContents(0).asReadOnlyByteBuffer();
      return new Answer(
          answer.getModelVersion(), values.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer());
    } catch (StatusRuntimeException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static ModelInferRequest request(float[] pictures) {
    var raw = ByteBuffer.allocate(pictures.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (var pixel : pictures) {
      raw.putFloat(pixel);
    }
    return ModelInferRequest.newBuilder()
        .setModelName("digits")
        .addInputs(
            ModelInferRequest.InferInputTensor.newBuilder()
                .setName("image")
                .setDatatype("FP32")
                .addAllShape(List.of((long) pictures.length / Digits.PIXELS, 1L, 28L, 28L)))
        .addRawInputContents(ByteString.copyFrom(raw.flip()))
        .build();
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
