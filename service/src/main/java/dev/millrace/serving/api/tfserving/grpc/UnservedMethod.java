package dev.millrace.serving.api.tfserving.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.io.InputStream;

/**
 * A method that says why it is not served, before it reads a message.
 *
 * @param reason with a place for the name of the method
 */
record UnservedMethod(String reason) implements ServerCallHandler<InputStream, InputStream> {
  @Override
  public ServerCall.Listener<InputStream> startCall(
      ServerCall<InputStream, InputStream> call, Metadata headers) {
    var name = call.getMethodDescriptor().getBareMethodName();
    call.close(Status.UNIMPLEMENTED.withDescription(String.format(reason, name)), new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
