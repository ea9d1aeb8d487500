package dev.millrace.serving.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.springframework.util.unit.DataSize;

/** Checks of settings, which name the environment variable to change. */
final class Settings {
  private static final int HIGHEST_PORT = 65_535;

  private Settings() {}

  static void require(boolean holds, String variable, Object value, String expected) {
    if (!holds) {
      throw new StartFailure("%s is '%s'; it must be %s.".formatted(variable, value, expected));
    }
  }

  static void requirePort(String variable, int port) {
    require(port >= 0 && port <= HIGHEST_PORT, variable, port, "0 (any free port) to 65535");
  }

  static void requireBytes(String variable, DataSize size) {
    require(
        size.toBytes() > 0 && size.toBytes() <= Integer.MAX_VALUE,
        variable,
        size,
        "more than 0 and less than 2 GiB, for example 64MB");
  }

  static boolean isLoopback(String variable, String address) {
    try {
      return InetAddress.getByName(address).isLoopbackAddress();
    } catch (UnknownHostException _) {
      throw new StartFailure(
          "%s is '%s', which is no address of this machine. Use 127.0.0.1 or 0.0.0.0."
              .formatted(variable, address));
    }
  }
}
