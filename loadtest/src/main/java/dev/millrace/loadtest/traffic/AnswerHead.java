package dev.millrace.loadtest.traffic;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.CorruptedFrameException;
import org.jspecify.annotations.Nullable;

/** What the first lines of an HTTP/1.1 answer say about its end. */
record AnswerHead(int status, int bodyBytes, boolean lastOnConnection) {
  private static final ByteBuf END =
      Unpooled.unreleasableBuffer(Unpooled.copiedBuffer("\r\n\r\n", US_ASCII));
  private static final byte[] LENGTH = "\r\ncontent-length:".getBytes(US_ASCII);
  private static final byte[] CLOSE = "\r\nconnection: close".getBytes(US_ASCII);
  private static final int STATUS_OFFSET = 9;
  private static final int LONGEST_FAILURE = 300;

  /** Consumes a complete head from the buffer, or nothing when its end has not arrived. */
  static @Nullable AnswerHead read(ByteBuf in) {
    var end = ByteBufUtil.indexOf(END, in);
    if (end < 0) {
      return null;
    }
    var start = in.readerIndex();
    var length = find(in, start, end, LENGTH);
    if (length < 0) {
      throw new CorruptedFrameException(
          "The answer has no Content-Length, which is all the load generator reads.");
    }
    var head =
        new AnswerHead(
            number(in, start + STATUS_OFFSET),
            number(in, length),
            find(in, start, end, CLOSE) >= 0);
    in.readerIndex(end + END.readableBytes());
    return head;
  }

  /**
   * Null for a 200, else a sentence with the beginning of the body, which must be complete in the
   * buffer.
   */
  @Nullable String failure(ByteBuf body) {
    return status == 200
        ? null
        : "HTTP "
            + status
            + ": "
            + body.toString(body.readerIndex(), Math.min(bodyBytes, LONGEST_FAILURE), UTF_8);
  }

  /** Whether the server says that it cannot answer now, or not in time. */
  boolean isRefusal() {
    return status == 429 || status == 503 || status == 504;
  }

  /** Index behind a lower-case text, found in any case, or -1. */
  private static int find(ByteBuf in, int from, int to, byte[] text) {
    for (var at = from; at + text.length <= to; at++) {
      if (in.getByte(at) == '\r' && matches(in, at, text)) {
        return at + text.length;
      }
    }
    return -1;
  }

  private static boolean matches(ByteBuf in, int at, byte[] text) {
    for (var index = 0; index < text.length; index++) {
      var found = in.getByte(at + index);
      var lower = found >= 'A' && found <= 'Z' ? found + ('a' - 'A') : found;
      if (lower != text[index]) {
        return false;
      }
    }
    return true;
  }

  private static int number(ByteBuf in, int from) {
    var at = from;
    while (in.getByte(at) == ' ') {
      at++;
    }
    var value = 0;
    while (in.getByte(at) >= '0' && in.getByte(at) <= '9') {
      value = value * 10 + in.getByte(at++) - '0';
    }
    return value;
  }
}
