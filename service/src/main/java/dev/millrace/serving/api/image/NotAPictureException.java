package dev.millrace.serving.api.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** The body is in no format that is decoded: 415. The message says what it starts with. */
final class NotAPictureException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int SHOWN_BYTES = 8;

  NotAPictureException(byte[] body) {
    super(message(body), null, false, false);
  }

  private static String message(byte[] body) {
    var start = Arrays.copyOf(body, Math.min(SHOWN_BYTES, body.length));
    return "The body is neither a PNG nor a JPEG: it starts with the bytes %s ('%s'). Send the file itself as the body, for example curl --data-binary @digit.png -H 'Content-Type: image/png'."
        .formatted(HexFormat.ofDelimiter(" ").formatHex(start), printable(start));
  }

  private static String printable(byte[] start) {
    return new String(start, StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", ".");
  }
}
