package dev.millrace.serving.api.edge.grpc;

import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/**
 * Puts a service together. Methods that ask for predictions go past the stubs and interceptors,
 * which would make some twenty objects for each call.
 */
public final class GrpcMethods {
  /** Of all methods but those that go past them, which do by themselves what these do. */
  public static final List<ServerInterceptor> INTERCEPTORS =
      List.of(new CompressedAnswers(), new UnreadableMessages());

  private GrpcMethods() {}

  /**
   * The methods of a service, whose messages are parsed inside the interceptors, and instead of
   * some of them these.
   *
   * @param direct by the full name of their method; they get messages as bytes
   */
  public static ServerServiceDefinition of(
      ServerServiceDefinition service,
      Map<String, ServerCallHandler<InputStream, InputStream>> direct) {
    var unparsed = ServerInterceptors.useMarshalledMessages(service, new UnparsedMessages());
    var intercepted = ServerInterceptors.intercept(unparsed, INTERCEPTORS);
    var methods = ServerServiceDefinition.builder(intercepted.getServiceDescriptor());
    for (var method : intercepted.getMethods()) {
      var handler = direct.get(method.getMethodDescriptor().getFullMethodName());
      if (handler == null) {
        methods.addMethod(method);
      } else {
        methods.addMethod(bytes(method), handler);
      }
    }
    return methods.build();
  }

  @SuppressWarnings("unchecked") // UnparsedMessages makes every message a stream
  private static MethodDescriptor<InputStream, InputStream> bytes(
      ServerMethodDefinition<?, ?> method) {
    return (MethodDescriptor<InputStream, InputStream>) method.getMethodDescriptor();
  }
}
