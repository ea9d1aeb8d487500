package dev.millrace.serving.config;

import java.io.IOException;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.core.env.Environment;

/** Explains in one sentence why the service did not start. */
final class StartFailures {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(MILLRACE_\\w+)");

  private StartFailures() {}

  static String explain(Throwable failure, @Nullable Environment environment) {
    return causes(failure)
        .flatMap(cause -> known(cause, environment).stream())
        .findFirst()
        .orElseGet(() -> "The service cannot start: " + innermost(failure).getMessage());
  }

  private static Optional<String> known(Throwable cause, @Nullable Environment environment) {
    return switch (cause) {
      case StartFailure ours -> Optional.of(String.valueOf(ours.getMessage()));
      case PortInUseException inUse -> Optional.of(portInUse(inUse.getPort(), environment));
      case BindException binding when innermost(binding) instanceof StartFailure ->
          Optional.empty();
      case BindException binding -> Optional.of(unreadable(binding));
      default -> Optional.empty();
    };
  }

  private static String unreadable(BindException binding) {
    return "%s is not understood: %s. docs/configuration.md says what it may be."
        .formatted(setting(binding), innermost(binding).getMessage());
  }

  /** The environment variable that application.yaml takes it from, else its own name. */
  private static String setting(BindException binding) {
    ConfigurationProperty property = binding.getProperty();
    var variable = VARIABLE.matcher(property == null ? "" : String.valueOf(property.getValue()));
    return variable.find() ? variable.group(1) : binding.getName().toString();
  }

  static String portInUse(int port, @Nullable Environment environment) {
    return "Port %d (%s) is in use. Stop what listens there, or set another port."
        .formatted(port, variable(port, environment));
  }

  private static String variable(int port, @Nullable Environment environment) {
    return Stream.of("http", "grpc", "management")
        .filter(
            server ->
                environment != null
                    && Integer.toString(port)
                        .equals(environment.getProperty("serving." + server + ".port")))
        .findFirst()
        .map(server -> "MILLRACE_" + server.toUpperCase(Locale.ROOT) + "_PORT")
        .orElse("MILLRACE_HTTP_PORT, MILLRACE_GRPC_PORT or MILLRACE_MANAGEMENT_PORT");
  }

  static StartFailure unboundGrpc(
      IOException failure, ServingProperties properties, Environment environment) {
    // Epoll's own exception is no java.net.BindException; the text is the kernel's.
    boolean inUse =
        causes(failure).anyMatch(cause -> String.valueOf(cause).contains("Address already in use"));
    return new StartFailure(
        inUse
            ? portInUse(properties.grpc().port(), environment)
            : "gRPC cannot listen on '%s' (MILLRACE_BIND_ADDRESS): %s"
                .formatted(properties.http().address(), innermost(failure).getMessage()));
  }

  private static Throwable innermost(Throwable failure) {
    return causes(failure).reduce(failure, (_, cause) -> cause);
  }

  private static Stream<Throwable> causes(Throwable failure) {
    return Stream.iterate(failure, Objects::nonNull, Throwable::getCause);
  }
}
