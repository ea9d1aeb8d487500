package dev.millrace.loadtest.traffic;

import java.net.URI;

/** Where requests go and how: `http://host:port` for both protocols, the gRPC port for gRPC. */
public record Target(Protocol protocol, URI server, Sample sample) {
  /** Checks that the address has a host and a port, and is not TLS. */
  public Target {
    if (!"http".equals(server.getScheme()) || server.getHost() == null || server.getPort() < 1) {
      throw new IllegalArgumentException(
          "Server '%s' must be http://HOST:PORT, the port being that of HTTP or gRPC."
              .formatted(server));
    }
  }
}
