package dev.millrace.serving.api.json;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Prints JSON into a buffer through one small array, because storing a byte in an array costs a
 * fraction of storing it in a buffer. Reusable, not thread-safe.
 */
public final class JsonWriter {
  private static final byte[] HEXADECIMAL = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final int LONGEST_NUMBER = 32;

  private final byte[] chunk = new byte[4_096];
  private int length;
  private ByteBuf target;

  /** Prints to this buffer, from its writer index on. */
  public JsonWriter(ByteBuf target) {
    this.target = target;
  }

  /** Forgets what was not flushed and continues with another buffer. */
  public void restart(ByteBuf other) {
    target = other;
    length = 0;
  }

  /** Hands everything to the buffer. */
  public void flush() {
    target.writeBytes(chunk, 0, length);
    length = 0;
  }

  /** Punctuation, keys: ASCII that needs no escape, shorter than the array. */
  public void raw(String ascii) {
    reserve(ascii.length());
    length = FloatText.ascii(ascii, chunk, length);
  }

  /** One ASCII character that needs no escape. */
  public void raw(char ascii) {
    reserve(1);
    chunk[length++] = (byte) ascii;
  }

  /** A string with its quotes. */
  public void string(String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    raw('"');
    for (byte b : bytes) {
      escaped(b);
    }
    raw('"');
  }

  /** One byte of a UTF-8 string, escaped where JSON wants that. */
  public void escaped(byte b) {
    reserve(6);
    if (b == '"' || b == '\\') {
      chunk[length++] = '\\';
      chunk[length++] = b;
    } else if (b >= 0 && b < ' ') {
      control(b);
    } else {
      chunk[length++] = b;
    }
  }

  /** A whole number. */
  public void number(long value) {
    reserve(LONGEST_NUMBER);
    if (value == Long.MIN_VALUE) {
      raw(Long.toString(value));
      return;
    }
    if (value < 0) {
      chunk[length++] = '-';
    }
    digits(Math.abs(value));
  }

  /** A whole number of 64 bits without a sign. */
  public void unsignedNumber(long value) {
    if (value < 0) {
      raw(Long.toUnsignedString(value));
    } else {
      number(value);
    }
  }

  /** A finite float, as short as possible. */
  public void number(float value) {
    reserve(LONGEST_NUMBER);
    length = FloatText.write(value, chunk, length);
  }

  /** A finite double, as short as possible. */
  public void number(double value) {
    raw(Double.toString(value));
  }

  private void digits(long value) {
    int count = 1;
    for (long rest = value; rest >= 10; rest /= 10) {
      count++;
    }
    long rest = value;
    for (int i = length + count - 1; i >= length; i--) {
      chunk[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += count;
  }

  private void control(byte b) {
    length = FloatText.ascii("\\u00", chunk, length);
    chunk[length++] = HEXADECIMAL[b >> 4];
    chunk[length++] = HEXADECIMAL[b & 0xf];
  }

  private void reserve(int bytes) {
    if (chunk.length - length < bytes) {
      flush();
    }
  }
}
