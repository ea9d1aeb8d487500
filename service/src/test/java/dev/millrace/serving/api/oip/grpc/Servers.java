package dev.millrace.serving.api.oip.grpc;

import dev.millrace.serving.api.edge.ChangeableSettings;
import dev.millrace.serving.api.edge.LogSettings;
import dev.millrace.serving.api.edge.TraceSettings;
import dev.millrace.serving.lifecycle.ModelCatalog;
import java.time.Duration;
import org.springframework.boot.logging.LoggingSystem;

/** Settings of gRPC servers for tests: loopback, any port, one loop. */
final class Servers {
  private Servers() {}

  static ChangeableSettings changeable(ModelCatalog catalog) {
    var logging = LoggingSystem.get(Servers.class.getClassLoader());
    return new ChangeableSettings(new LogSettings(logging), new TraceSettings(catalog));
  }

  static GrpcSettings settings(int maxMessageBytes) {
    return settings(maxMessageBytes, Duration.ofSeconds(20));
  }

  static GrpcSettings settings(int maxMessageBytes, Duration messageTimeout) {
    return new GrpcSettings(
        "127.0.0.1", 0, 1, maxMessageBytes, messageTimeout, Duration.ofSeconds(10));
  }
}
