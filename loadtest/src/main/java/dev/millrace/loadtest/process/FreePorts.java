package dev.millrace.loadtest.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** Finds loopback ports nobody listens on. */
public final class FreePorts {
  private FreePorts() {}

  /** Different ports that were free a moment ago; somebody else may take one before it is used. */
  public static List<Integer> find(int count) {
    var sockets = new ArrayList<ServerSocket>();
    try {
      for (var index = 0; index < count; index++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return sockets.stream().map(ServerSocket::getLocalPort).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("No free port on loopback: " + e.getMessage(), e);
    } finally {
      sockets.forEach(FreePorts::close);
    }
  }

  private static void close(ServerSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
