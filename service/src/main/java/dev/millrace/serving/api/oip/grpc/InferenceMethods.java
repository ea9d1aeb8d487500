package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.serving.api.edge.grpc.GrpcMethods;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import java.io.InputStream;
import java.util.Map;

/** The methods of the inference service. */
final class InferenceMethods {
  private static final String INFER =
      GRPCInferenceServiceGrpc.getModelInferMethod().getFullMethodName();

  /** The name of ModelStreamInfer. */
  static final String STREAM =
      GRPCInferenceServiceGrpc.getModelStreamInferMethod().getFullMethodName();

  private InferenceMethods() {}

  /** Those of the service, and this ModelInfer and ModelStreamInfer. */
  static ServerServiceDefinition of(
      InferenceGrpcService service,
      ServerCallHandler<InputStream, InputStream> infer,
      ServerCallHandler<InputStream, InputStream> stream) {
    return GrpcMethods.of(service.bindService(), Map.of(INFER, infer, STREAM, stream));
  }
}
