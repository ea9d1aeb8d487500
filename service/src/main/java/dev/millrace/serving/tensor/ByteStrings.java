package dev.millrace.serving.tensor;

import java.nio.ByteBuffer;

/** Walks the elements of {@link DataType#BYTES}: four bytes of length, then as many bytes. */
public final class ByteStrings {
  private static final int LENGTH_BYTES = 4;
  private static final int BROKEN = -1;

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

  /**
   * What a walk from some index to the limit finds.
   *
   * @param count of whole elements
   * @param brokenAt index of the element after them, which reaches past the limit; {@link #WHOLE}
   *     where there is none
   */
  public record Found(long count, int brokenAt) {
    /** Nothing is broken. */
    public static final int WHOLE = -1;

    /** Whether it ends within an element. */
    public boolean isBroken() {
      return brokenAt != WHOLE;
    }
  }

  /**
   * Counts the elements up to the limit, whatever they are.
   *
   * @param offset absolute index of the first element, in a little-endian buffer
   */
  public static Found count(ByteBuffer data, int offset) {
    long count = 0;
    int at = offset;
    while (at < data.limit()) {
      int end = endOrBroken(data, at);
      if (end == BROKEN) {
        return new Found(count, at);
      }
      at = end;
      count++;
    }
    return new Found(count, Found.WHOLE);
  }

  private static int end(ByteBuffer data, int offset) {
    int end = endOrBroken(data, offset);
    if (end == BROKEN) {
      throw new IllegalArgumentException(
          "The BYTES element at byte %d is longer than the data; expected a 4-byte length and its bytes"
              .formatted(offset));
    }
    return end;
  }

  private static int endOrBroken(ByteBuffer data, int offset) {
    int left = data.limit() - offset - LENGTH_BYTES;
    int length = left < 0 ? BROKEN : data.getInt(offset);
    return length < 0 || length > left ? BROKEN : offset + LENGTH_BYTES + length;
  }

  /** The bytes of the element at this absolute index, as a view. */
  public static ByteBuffer element(ByteBuffer data, int offset) {
    int end = end(data, offset);
    return data.slice(offset + LENGTH_BYTES, end - offset - LENGTH_BYTES);
  }
}
