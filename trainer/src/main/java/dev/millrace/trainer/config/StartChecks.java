package dev.millrace.trainer.config;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.Map;

/** What is looked at before the framework starts, so that a refusal is one sentence. */
public final class StartChecks {
  private StartChecks() {}

  /**
   * Refuses an address beyond loopback without a token, and a port that is taken.
   *
   * @throws StartRefused with the sentence
   */
  public static void require(Map<String, String> environment) {
    var address = address(environment.getOrDefault("MILLRACE_TRAINER_ADDRESS", "127.0.0.1"));
    var token = environment.getOrDefault("MILLRACE_TRAINER_TOKEN", "");
    if (!address.isLoopbackAddress() && token.isBlank()) {
      throw new StartRefused(
          "MILLRACE_TRAINER_ADDRESS is %s, which others can reach: set MILLRACE_TRAINER_TOKEN, or leave the address at 127.0.0.1."
              .formatted(address.getHostAddress()));
    }
    requireFree(address, port(environment.getOrDefault("MILLRACE_TRAINER_PORT", "8090")));
  }

  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException _) {
      throw new StartRefused(
          "MILLRACE_TRAINER_ADDRESS is '%s', which is no address of this machine; 127.0.0.1 is."
              .formatted(text));
    }
  }

  private static int port(String text) {
    try {
      int port = Integer.parseInt(text);
      if (port >= 0 && port <= 65_535) {
        return port;
      }
    } catch (NumberFormatException _) {
      // Said below.
    }
    throw new StartRefused("MILLRACE_TRAINER_PORT is '%s'; expected 0 to 65535.".formatted(text));
  }

  private static void requireFree(InetAddress address, int port) {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(address, port));
    } catch (IOException e) {
      throw new StartRefused(
          "Port %d of %s cannot be opened (%s): stop what listens there, or set MILLRACE_TRAINER_PORT to another port."
              .formatted(port, address.getHostAddress(), e.getMessage()));
    }
  }
}
