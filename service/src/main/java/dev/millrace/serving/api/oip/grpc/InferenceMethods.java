package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptors;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import java.io.InputStream;

/**
 * The methods of the inference service. ModelInfer goes past the stubs and interceptors, which
 * would make some twenty objects for each call.
 */
final class InferenceMethods {
  private static final String INFER =
      GRPCInferenceServiceGrpc.getModelInferMethod().getFullMethodName();

  private InferenceMethods() {}

  /**
   * Those of the service, whose messages are parsed inside the interceptors, and this ModelInfer.
   */
  static ServerServiceDefinition of(
      InferenceGrpcService service, ServerCallHandler<InputStream, InputStream> infer) {
    var unparsed =
        ServerInterceptors.useMarshalledMessages(service.bindService(), new UnparsedMessages());
    var intercepted = ServerInterceptors.intercept(unparsed, GrpcServer.INTERCEPTORS);
    var methods = ServerServiceDefinition.builder(intercepted.getServiceDescriptor());
    for (var method : intercepted.getMethods()) {
      if (!INFER.equals(method.getMethodDescriptor().getFullMethodName())) {
        methods.addMethod(method);
      }
    }
    methods.addMethod(bytes(intercepted.getMethod(INFER)), infer);
    return methods.build();
  }

  @SuppressWarnings("unchecked") // UnparsedMessages makes every message a stream
  private static MethodDescriptor<InputStream, InputStream> bytes(
      ServerMethodDefinition<?, ?> method) {
    return (MethodDescriptor<InputStream, InputStream>) method.getMethodDescriptor();
  }
}
