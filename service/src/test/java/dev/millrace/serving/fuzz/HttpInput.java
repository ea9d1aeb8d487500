package dev.millrace.serving.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Arrays;

/**
 * An input taken apart as a request: a head of headers, an empty line, a body; without the line all
 * of it is body.
 *
 * @param headers not validated, and without a content coding: bodies are inflated on other threads,
 *     and a test of its own damages them
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record HttpInput(HttpHeaders headers, byte[] body) {
  private static final String TARGET = "Target";

  /** Takes any bytes apart. */
  public static HttpInput of(byte[] input) {
    int head = endOfHead(input);
    return new HttpInput(headers(input, head), Arrays.copyOfRange(input, head, input.length));
  }

  /** What the header {@code Target} says, which no client sends. */
  public String target(String otherwise) {
    return headers.get(TARGET, otherwise);
  }

  private static int endOfHead(byte[] input) {
    for (int i = 0; i + 1 < input.length; i++) {
      if (input[i] == '\n' && input[i + 1] == '\n') {
        return i + 2;
      }
    }
    return 0;
  }

  private static HttpHeaders headers(byte[] input, int end) {
    var headers = DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
    new String(input, 0, end, ISO_8859_1).lines().forEach(line -> add(headers, line));
    return headers.remove(HttpHeaderNames.CONTENT_ENCODING);
  }

  private static void add(HttpHeaders headers, String line) {
    int colon = line.indexOf(':');
    if (colon > 0) {
      headers.add(line.substring(0, colon), line.substring(colon + 1).strip());
    }
  }

  /** A file in which bytes beyond text are written as in \\xFF. */
  public static byte[] unescaped(byte[] file) {
    var text = new String(file, UTF_8).stripTrailing();
    var bytes = new byte[text.length() * 4];
    int length = 0;
    for (int i = 0; i < text.length(); i++) {
      if (text.startsWith("\\x", i)) {
        bytes[length++] = (byte) Integer.parseInt(text.substring(i + 2, i + 4), 16);
        i += 3;
      } else {
        for (byte b : text.substring(i, i + 1).getBytes(UTF_8)) {
          bytes[length++] = b;
        }
      }
    }
    return Arrays.copyOf(bytes, length);
  }
}
