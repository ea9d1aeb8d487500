package dev.millrace.serving.api.edge.grpc;

import io.grpc.MethodDescriptor;
import java.io.InputStream;

/**
 * Hands a message on as the stream it is, so that it is parsed inside the interceptors. Where
 * grpc-java parses by itself, a message that cannot be parsed ends as "Application error" with a
 * stack trace in the log.
 */
final class UnparsedMessages implements MethodDescriptor.Marshaller<InputStream> {
  @Override
  public InputStream stream(InputStream message) {
    return message;
  }

  @Override
  public InputStream parse(InputStream stream) {
    return stream;
  }
}
