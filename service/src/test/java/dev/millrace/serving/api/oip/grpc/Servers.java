package dev.millrace.serving.api.oip.grpc;

import java.time.Duration;

/** Settings of gRPC servers for tests: loopback, any port, one loop. */
final class Servers {
  private Servers() {}

  static GrpcSettings settings(int maxMessageBytes) {
    return settings(maxMessageBytes, Duration.ofSeconds(20));
  }

  static GrpcSettings settings(int maxMessageBytes, Duration messageTimeout) {
    return new GrpcSettings(
        "127.0.0.1", 0, 1, maxMessageBytes, messageTimeout, Duration.ofSeconds(10));
  }
}
