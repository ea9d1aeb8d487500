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

  private InferenceMethods() {}

  /** Those of the service, and this ModelInfer. */
  static ServerServiceDefinition of(
      InferenceGrpcService service, ServerCallHandler<InputStream, InputStream> infer) {
    return GrpcMethods.of(service.bindService(), Map.of(INFER, infer));
  }
}
