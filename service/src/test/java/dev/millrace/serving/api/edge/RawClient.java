package dev.millrace.serving.api.edge;

import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A client that sends exactly the bytes it is told to. */
public final class RawClient implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;

  /** Connects to a port of this machine. */
  public RawClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(10_000);
    socket.setTcpNoDelay(true);
    in = socket.getInputStream();
  }

  /** Sends text; a line feed goes out as carriage return and line feed. */
  public RawClient sendHead(String head) throws IOException {
    return send(head.replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends a POST with this body. */
  public RawClient post(String path, String headers, byte[] body) throws IOException {
    sendHead(
        "POST %s HTTP/1.1\nHost: x\n%sContent-Length: %d\n\n"
            .formatted(path, headers, body.length));
    return send(body);
  }

  /** Sends bytes. */
  public RawClient send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return this;
  }

  /** Tells the server that nothing follows, and goes on reading. */
  public RawClient endOutput() throws IOException {
    socket.shutdownOutput();
    return this;
  }

  /** Waits until an answer has begun to arrive, and leaves it unread. */
  public RawClient awaitAnswer() {
    await().until(() -> in.available() > 0);
    return this;
  }

  /** Reads one response. */
  public Response read() throws IOException {
    var head = readHead();
    int length = Integer.parseInt(head.headers().getOrDefault("content-length", "0"));
    return new Response(head.status(), head.headers(), in.readNBytes(length));
  }

  /** Reads the head of a response and leaves its body. */
  public Response readHead() throws IOException {
    var status = line();
    var headers = new TreeMap<String, String>();
    for (var line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return new Response(Integer.parseInt(status.split(" ", -1)[1]), headers, new byte[0]);
  }

  /** Reads until what was read ends with this text, and returns it. */
  public String readUntil(String end) throws IOException {
    var read = new StringBuilder();
    while (read.indexOf(end) < 0) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException("The server closed the connection after: " + read);
      }
      read.append((char) b);
    }
    return read.toString();
  }

  /** Reads all that still comes, and counts its bytes. */
  public long readsUntilItEnds() throws IOException {
    long count = 0;
    try {
      for (int n = in.read(new byte[1 << 16]); n >= 0; n = in.read(new byte[1 << 16])) {
        count += n;
      }
    } catch (SocketException _) {
      // A reset is an end as well.
    }
    return count;
  }

  /** Whether the server has closed the connection, or does before the time-out of the socket. */
  public boolean isClosedByServer() throws IOException {
    try {
      return in.read() < 0;
    } catch (SocketException _) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private String line() throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("The server closed the connection after: " + line);
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  /** What came back. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Response(int status, Map<String, String> headers, byte[] body) {
    /** The body as text. */
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    /** A header, empty where it is absent. */
    public String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }
}
