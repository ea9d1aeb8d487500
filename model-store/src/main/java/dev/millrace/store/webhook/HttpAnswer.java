package dev.millrace.store.webhook;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a receiver answered.
 *
 * @param headers under their names in lower case
 * @param body its beginning
 */
record HttpAnswer(int status, Map<String, String> headers, String body) {
  /** So much of a body is kept. */
  static final int MAX_BODY_BYTES = 64 << 10;

  private static final int MAX_HEAD_BYTES = 32 << 10;
  private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] (\\d{3})( .*)?");
  private static final Pattern LENGTH = Pattern.compile("\\d{1,18}");
  private static final Pattern CHUNK_SIZE = Pattern.compile("([0-9A-Fa-f]{1,8})\\s*(;.*)?");

  HttpAnswer {
    headers = Map.copyOf(headers);
  }

  Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
  }

  /** Reads one answer of HTTP/1.1, up to the end of its body or of what is kept of it. */
  static HttpAnswer read(InputStream in) throws IOException {
    var reader = new Reader(in);
    var status = reader.status();
    var headers = reader.headers();
    // 1xx only announces the answer.
    while (status < 200) {
      status = reader.status();
      headers = reader.headers();
    }
    return new HttpAnswer(status, headers, reader.body(status, headers));
  }

  private static final class Reader {
    private final InputStream in;
    private int headBytes;

    Reader(InputStream in) {
      this.in = in;
    }

    int status() throws IOException {
      var line = line();
      var matcher = STATUS_LINE.matcher(line);
      if (!matcher.matches()) {
        throw new IOException("the answer is not HTTP/1.1");
      }
      return Integer.parseInt(matcher.group(1));
    }

    Map<String, String> headers() throws IOException {
      var headers = new HashMap<String, String>();
      for (var line = line(); !line.isEmpty(); line = line()) {
        var colon = line.indexOf(':');
        if (colon > 0) {
          headers.put(
              line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
        }
      }
      return headers;
    }

    String body(int status, Map<String, String> headers) throws IOException {
      if (status == 204 || status == 304) {
        return "";
      }
      var bytes = new ByteArrayOutputStream();
      if (headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
        readChunks(bytes);
      } else {
        copy(length(headers), bytes);
      }
      return bytes.toString(StandardCharsets.UTF_8);
    }

    private static long length(Map<String, String> headers) throws IOException {
      var text = headers.get("content-length");
      if (text == null) {
        return Long.MAX_VALUE;
      }
      if (!LENGTH.matcher(text).matches()) {
        throw new IOException("the answer's Content-Length is no number");
      }
      return Long.parseLong(text);
    }

    private void readChunks(ByteArrayOutputStream bytes) throws IOException {
      for (var size = chunkSize(); size > 0; size = chunkSize()) {
        copy(size, bytes);
        if (bytes.size() >= MAX_BODY_BYTES) {
          return;
        }
        line();
      }
    }

    private long chunkSize() throws IOException {
      headBytes = 0;
      var matcher = CHUNK_SIZE.matcher(line());
      if (!matcher.matches()) {
        throw new IOException("the answer's chunks are malformed");
      }
      return Long.parseLong(matcher.group(1), 16);
    }

    private void copy(long most, ByteArrayOutputStream bytes) throws IOException {
      var wanted = (int) Math.min(most, MAX_BODY_BYTES - bytes.size());
      bytes.write(in.readNBytes(wanted));
    }

    private String line() throws IOException {
      var line = new ByteArrayOutputStream();
      for (int next = in.read(); next != '\n'; next = in.read()) {
        if (next < 0) {
          throw new IOException("the connection was closed before the answer's end");
        }
        if (++headBytes > MAX_HEAD_BYTES) {
          throw new IOException("the answer's head has more than " + MAX_HEAD_BYTES + " bytes");
        }
        line.write(next);
      }
      return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
    }
  }
}
