package dev.millrace.serving.tensor;

import java.nio.ByteBuffer;

/** Walks the elements of {@link DataType#BYTES}: four bytes of length, then as many bytes. */
public final class ByteStrings {
  private static final int LENGTH_BYTES = 4;

  private ByteStrings() {}

  /**
   * Where the elements after the next {@code count} ones begin.
   *
   * @param offset absolute index of the first element, in a little-endian buffer
   * @throws IllegalArgumentException when an element reaches past the limit
   */
  public static int skip(ByteBuffer data, int offset, long count) {
    int next = offset;
    for (long i = 0; i < count; i++) {
      next = end(data, next);
    }
    return next;
  }

  private static int end(ByteBuffer data, int offset) {
    int left = data.limit() - offset - LENGTH_BYTES;
    int length = left < 0 ? -1 : data.getInt(offset);
    if (length < 0 || length > left) {
      throw new IllegalArgumentException(
          "The BYTES element at byte %d is longer than the data; expected a 4-byte length and its bytes"
              .formatted(offset));
    }
    return offset + LENGTH_BYTES + length;
  }

  /** The bytes of the element at this absolute index, as a view. */
  public static ByteBuffer element(ByteBuffer data, int offset) {
    int end = end(data, offset);
    return data.slice(offset + LENGTH_BYTES, end - offset - LENGTH_BYTES);
  }
}
