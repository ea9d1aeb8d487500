package dev.millrace.serving.config;

import dev.millrace.serving.lifecycle.RehearsalModel;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Locale;

/** One HTTP connection of the rehearsal, which sends one request again and again. */
final class RehearsalHttp implements Rehearsal.Call {
  private static final int READ_LIMIT_MILLIS = 5_000;
  private static final String LENGTH = "\r\ncontent-length:";

  private final Socket socket;
  private final InputStream in;
  private final byte[] request;

  private RehearsalHttp(String host, int port, byte[] request) throws IOException {
    socket = new Socket(host, port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(READ_LIMIT_MILLIS);
    in = new BufferedInputStream(socket.getInputStream());
    this.request = request;
  }

  /** Numbers as text, of the lengths that they have in life. */
  static RehearsalHttp json(String host, int port, String model) throws IOException {
    var numbers =
        String.join(
            ",", Collections.nCopies(RehearsalModel.VALUES / 4, "0,0.5,0.12345678,-1.5e-05"));
    var body =
        "{\"id\":\"r\",\"inputs\":[{\"name\":\"image\",\"shape\":[1,%d],\"datatype\":\"FP32\",\"data\":[%s]}]}"
            .formatted(RehearsalModel.VALUES, numbers);
    return new RehearsalHttp(host, port, request(model, "", body, 0));
  }

  /** Numbers as bytes, both ways. */
  static RehearsalHttp binary(String host, int port, String model) throws IOException {
    int bytes = RehearsalModel.VALUES * Float.BYTES;
    var head =
        "{\"parameters\":{\"binary_data_output\":true},\"inputs\":[{\"name\":\"image\",\"shape\":[1,%d],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":%d}}]}"
            .formatted(RehearsalModel.VALUES, bytes);
    var header = "Inference-Header-Content-Length: %d\r\n".formatted(head.length());
    return new RehearsalHttp(host, port, request(model, header, head, bytes));
  }

  private static byte[] request(String model, String headers, String body, int zeros) {
    var text =
        "POST /v2/models/%s/infer HTTP/1.1\r\nHost: rehearsal\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(model, headers, body.length() + zeros, body);
    return Arrays.copyOf(text.getBytes(StandardCharsets.ISO_8859_1), text.length() + zeros);
  }

  @Override
  public void once() throws IOException {
    socket.getOutputStream().write(request);
    var head = head();
    if (!head.startsWith("HTTP/1.1 200")) {
      throw new IOException("Answered with " + head.lines().findFirst().orElse("nothing"));
    }
    in.skipNBytes(length(head));
  }

  private String head() throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n", Math.max(head.length() - 4, 0)) < 0) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("Closed after: " + head);
      }
      head.append((char) next);
    }
    return head.toString().toLowerCase(Locale.ROOT).replace("http/1.1", "HTTP/1.1");
  }

  private static long length(String head) {
    int start = head.indexOf(LENGTH) + LENGTH.length();
    return Long.parseLong(head.substring(start, head.indexOf('\r', start)).strip());
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
