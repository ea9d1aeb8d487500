package dev.millrace.serving.api.edge.grpc;

import io.grpc.ServerServiceDefinition;
import java.util.List;

/** A protocol that shares the gRPC port with others. */
public interface GrpcProtocol {
  /** Its services, made once, when the server is. */
  List<ServerServiceDefinition> services(InferCalls calls);
}
