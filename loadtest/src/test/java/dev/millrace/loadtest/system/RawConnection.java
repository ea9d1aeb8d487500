package dev.millrace.loadtest.system;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.Locale;

/** A plain socket that says exactly what it is told, also what no HTTP client would. */
final class RawConnection implements AutoCloseable {
  private static final int READ_LIMIT_MILLIS = 20_000;

  private final Socket socket;
  private final InputStream in;

  /** An answer as it came: status and the body its Content-Length announced. */
  record RawAnswer(int status, String head, String body) {}

  RawConnection(URI server) throws IOException {
    socket = new Socket(server.getHost(), server.getPort());
    socket.setSoTimeout(READ_LIMIT_MILLIS);
    in = new BufferedInputStream(socket.getInputStream());
  }

  RawConnection send(String text) throws IOException {
    return send(text.getBytes(UTF_8));
  }

  RawConnection send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return this;
  }

  RawAnswer read() throws IOException {
    var head = readHead();
    var status = Integer.parseInt(head.substring(9, 12));
    if (status == 100) {
      return read();
    }
    return new RawAnswer(status, head, new String(in.readNBytes(length(head)), UTF_8));
  }

  /** Everything until the server closes; a reset counts as closing. */
  String readAll() {
    try {
      return new String(in.readAllBytes(), ISO_8859_1);
    } catch (SocketTimeoutException e) {
      throw new AssertionError("The server neither answered nor closed the connection", e);
    } catch (IOException e) {
      return "reset: " + e.getMessage();
    }
  }

  private String readHead() throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      var next = in.read();
      if (next < 0) {
        throw new EOFException("Closed after: " + head);
      }
      head.append((char) next);
    }
    return head.toString();
  }

  private static int length(String head) {
    return head.lines()
        .map(line -> line.toLowerCase(Locale.ROOT))
        .filter(line -> line.startsWith("content-length:"))
        .mapToInt(line -> Integer.parseInt(line.substring(line.indexOf(':') + 1).strip()))
        .findFirst()
        .orElse(0);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
