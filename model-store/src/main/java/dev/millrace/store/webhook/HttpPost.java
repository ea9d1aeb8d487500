package dev.millrace.store.webhook;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Sends one POST over a connection of its own.
 *
 * <p>The JDK's client looks the host up by itself, and may find another address than the one that
 * was checked. Here the caller says to which addresses to connect; TLS still asks for a certificate
 * of the host's name. No redirect is followed and no proxy used.
 */
final class HttpPost {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

  private final SSLSocketFactory tls;
  private final Duration limit;

  /**
   * A sender.
   *
   * @param limit for all of it, from the connection to the answer's end
   */
  HttpPost(SSLSocketFactory tls, Duration limit) {
    this.tls = tls;
    this.limit = limit;
  }

  HttpAnswer send(
      WebhookUrl url, List<InetAddress> addresses, Map<String, String> headers, byte[] body)
      throws IOException {
    var endNanos = System.nanoTime() + limit.toNanos();
    try (var socket = connect(addresses, url.port(), endNanos);
        var deadline = new Deadline(socket, remaining(endNanos))) {
      try {
        return exchange(url, socket, head(url, headers, body.length), body);
      } catch (IOException e) {
        throw deadline.hasPassed() ? tooLate() : e;
      }
    }
  }

  private HttpAnswer exchange(WebhookUrl url, Socket plain, byte[] head, byte[] body)
      throws IOException {
    var socket = url.isSecure() ? secured(plain, url) : plain;
    var out = socket.getOutputStream();
    out.write(head);
    out.write(body);
    out.flush();
    return HttpAnswer.read(new BufferedInputStream(socket.getInputStream()));
  }

  private Socket secured(Socket plain, WebhookUrl url) throws IOException {
    var socket = (SSLSocket) tls.createSocket(plain, url.host(), url.port(), true);
    var parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  /** Connects to the first address that answers. */
  private Socket connect(List<InetAddress> addresses, int port, long endNanos) throws IOException {
    var failure = new IOException("the host has no address");
    for (InetAddress address : addresses) {
      var socket = new Socket();
      try {
        var nanos = Math.min(CONNECT_LIMIT.toNanos(), remaining(endNanos));
        // 0 would wait for ever.
        var millis = (int) Math.max(1, Duration.ofNanos(nanos).toMillis());
        socket.connect(new InetSocketAddress(address, port), millis);
        return socket;
      } catch (IOException e) {
        failure = e;
        socket.close();
      }
    }
    throw failure;
  }

  private long remaining(long endNanos) throws IOException {
    var nanos = endNanos - System.nanoTime();
    if (nanos <= 0) {
      throw tooLate();
    }
    return nanos;
  }

  private IOException tooLate() {
    return new SocketTimeoutException("no answer within " + limit.toSeconds() + " s");
  }

  private static byte[] head(WebhookUrl url, Map<String, String> headers, int length) {
    var head = new StringBuilder();
    head.append("POST ").append(url.target()).append(" HTTP/1.1\r\n");
    line(head, "Host", url.hostAndPort());
    line(head, "Connection", "close");
    line(head, "Content-Length", String.valueOf(length));
    headers.forEach((name, value) -> line(head, name, value));
    return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void line(StringBuilder head, String name, String value) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
}
