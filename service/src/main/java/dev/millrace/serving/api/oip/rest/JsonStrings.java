package dev.millrace.serving.api.oip.rest;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Decodes JSON strings into one reused array, as UTF-8. Half a surrogate pair and malformed UTF-8
 * are refused, because they would reach a model as something else than the client meant.
 */
final class JsonStrings {
  private final JsonReader reader;
  private final ByteBuffer bytes;
  private final int end;
  private byte[] decoded = new byte[64];
  private int length;
  private boolean ascii;

  JsonStrings(JsonReader reader, ByteBuffer bytes, int end) {
    this.reader = reader;
    this.bytes = bytes;
    this.end = end;
  }

  /** Decodes the string whose opening quote is at the position; returns where the text goes on. */
  int read(int quote) {
    length = 0;
    ascii = true;
    int at = quote + 1;
    while (true) {
      at = copyRun(at);
      if (at >= end) {
        throw reader.malformedAt(quote, "a string that does not end");
      }
      byte stop = bytes.get(at);
      if (stop == '"') {
        checkEncoding(quote);
        return at + 1;
      }
      if (stop != '\\') {
        throw reader.malformedAt(at, "a control character inside a string: write it as \\u00XX");
      }
      at = escape(at + 1);
    }
  }

  /** What was read last. */
  String text() {
    return new String(
        decoded, 0, length, ascii ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
  }

  /** The bytes of what was read last, from index 0 to {@link #length}. */
  byte[] array() {
    return decoded;
  }

  /** How many bytes were read last. */
  int length() {
    return length;
  }

  private int copyRun(int from) {
    int at = from;
    int seen = 0;
    while (at < end) {
      byte b = bytes.get(at);
      if (b == '"' || b == '\\' || (b >= 0 && b < ' ')) {
        break;
      }
      seen |= b;
      at++;
    }
    reserve(at - from);
    bytes.get(from, decoded, length, at - from);
    length += at - from;
    ascii &= seen >= 0;
    return at;
  }

  private int escape(int at) {
    byte kind = at < end ? bytes.get(at) : 0;
    reserve(4);
    switch (kind) {
      case '"', '\\', '/' -> decoded[length++] = kind;
      case 'b' -> decoded[length++] = '\b';
      case 'f' -> decoded[length++] = '\f';
      case 'n' -> decoded[length++] = '\n';
      case 'r' -> decoded[length++] = '\r';
      case 't' -> decoded[length++] = '\t';
      case 'u' -> {
        return unicode(at + 1);
      }
      default -> throw reader.malformedAt(at, "an escape that JSON does not have");
    }
    return at + 1;
  }

  private int unicode(int at) {
    char first = hexadecimal(at);
    if (!Character.isSurrogate(first)) {
      encode(first);
      return at + 4;
    }
    boolean paired = at + 6 <= end && bytes.get(at + 4) == '\\' && bytes.get(at + 5) == 'u';
    char second = paired ? hexadecimal(at + 6) : 0;
    if (!Character.isSurrogatePair(first, second)) {
      throw reader.malformedAt(at, "half a surrogate pair, which UTF-8 cannot carry");
    }
    encode(Character.toCodePoint(first, second));
    return at + 10;
  }

  private char hexadecimal(int at) {
    int value = 0;
    for (int i = at; i < at + 4; i++) {
      int digit = i < end ? Character.digit(bytes.get(i), 16) : -1;
      if (digit < 0) {
        throw reader.malformedAt(at, "an escape that lacks its four hexadecimal digits");
      }
      value = (value << 4) + digit;
    }
    return (char) value;
  }

  private void encode(int codePoint) {
    if (codePoint < 0x80) {
      decoded[length++] = (byte) codePoint;
      return;
    }
    ascii = false;
    if (codePoint < 0x800) {
      decoded[length++] = (byte) (0xc0 | (codePoint >> 6));
    } else {
      encodeHighBits(codePoint);
      decoded[length++] = sixBits(codePoint >> 6);
    }
    decoded[length++] = sixBits(codePoint);
  }

  private void encodeHighBits(int codePoint) {
    if (codePoint < 0x10000) {
      decoded[length++] = (byte) (0xe0 | (codePoint >> 12));
    } else {
      decoded[length++] = (byte) (0xf0 | (codePoint >> 18));
      decoded[length++] = sixBits(codePoint >> 12);
    }
  }

  private static byte sixBits(int bits) {
    return (byte) (0x80 | (bits & 0x3f));
  }

  private void reserve(int more) {
    if (decoded.length - length < more) {
      decoded = Arrays.copyOf(decoded, Math.max(decoded.length * 2, length + more));
    }
  }

  private void checkEncoding(int quote) {
    if (ascii) {
      return;
    }
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(decoded, 0, length));
    } catch (CharacterCodingException _) {
      throw reader.malformedAt(quote, "a string that is not UTF-8");
    }
  }
}
