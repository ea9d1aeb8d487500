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
import java.util.Set;

/**
 * One HTTP connection of the rehearsal, which sends one request again and again, with time or in a
 * hurry.
 */
final class RehearsalHttp implements Rehearsal.Call {
  private static final int READ_LIMIT_MILLIS = 5_000;
  private static final String LENGTH = "\r\ncontent-length:";
  private static final String TIMEOUT = "\"timeout\":" + HURRY_MICROS;
  private static final String ANSWERED = "200";

  /** Too late, or too much to wait for. */
  private static final Set<String> REFUSED = Set.of("503", "504");

  private final Socket socket;
  private final InputStream in;
  private final byte[] request;
  private final byte[] hurried;

  /**
   * Connects.
   *
   * @param request has time
   * @param hurried the same in a hurry
   */
  private RehearsalHttp(String host, int port, byte[] request, byte[] hurried) throws IOException {
    socket = new Socket(host, port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(READ_LIMIT_MILLIS);
    in = new BufferedInputStream(socket.getInputStream());
    this.request = request;
    this.hurried = hurried;
  }

  /** Numbers as text, of the lengths that they have in life. */
  static RehearsalHttp json(String host, int port, String model) throws IOException {
    var numbers =
        String.join(
            ",", Collections.nCopies(RehearsalModel.VALUES / 4, "0,0.5,0.12345678,-1.5e-05"));
    return new RehearsalHttp(host, port, json(model, "", numbers), json(model, TIMEOUT, numbers));
  }

  private static byte[] json(String model, String parameters, String numbers) {
    var body =
        "{\"id\":\"r\",\"parameters\":{%s},\"inputs\":[{\"name\":\"image\",\"shape\":[1,%d],\"datatype\":\"FP32\",\"data\":[%s]}]}"
            .formatted(parameters, RehearsalModel.VALUES, numbers);
    return request(model, "", body, 0);
  }

  /** Numbers as bytes, both ways. */
  static RehearsalHttp binary(String host, int port, String model) throws IOException {
    var output = "\"binary_data_output\":true";
    return new RehearsalHttp(
        host, port, binary(model, output), binary(model, output + "," + TIMEOUT));
  }

  private static byte[] binary(String model, String parameters) {
    int bytes = RehearsalModel.VALUES * Float.BYTES;
    var head =
        "{\"parameters\":{%s},\"inputs\":[{\"name\":\"image\",\"shape\":[1,%d],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":%d}}]}"
            .formatted(parameters, RehearsalModel.VALUES, bytes);
    var header = "Inference-Header-Content-Length: %d\r\n".formatted(head.length());
    return request(model, header, head, bytes);
  }

  private static byte[] request(String model, String headers, String body, int zeros) {
    var text =
        "POST /v2/models/%s/infer HTTP/1.1\r\nHost: rehearsal\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(model, headers, body.length() + zeros, body);
    return Arrays.copyOf(text.getBytes(StandardCharsets.ISO_8859_1), text.length() + zeros);
  }

  @Override
  public void ask() throws IOException {
    if (isRefused(request)) {
      throw new IOException("The rehearsal's model refused a request that had time");
    }
  }

  @Override
  public boolean hurry() throws IOException {
    return isRefused(hurried);
  }

  private boolean isRefused(byte[] message) throws IOException {
    socket.getOutputStream().write(message);
    var head = head();
    var status = status(head);
    if (!status.equals(ANSWERED) && !REFUSED.contains(status)) {
      throw new IOException("Answered with " + head.lines().findFirst().orElse("nothing"));
    }
    in.skipNBytes(length(head));
    return REFUSED.contains(status);
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
    return head.toString().toLowerCase(Locale.ROOT);
  }

  private static String status(String head) {
    return head.split(" ", 3)[1];
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
