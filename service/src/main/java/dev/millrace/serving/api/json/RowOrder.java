package dev.millrace.serving.api.json;

import dev.millrace.serving.tensor.DataType;
import io.netty.buffer.ByteBuf;

/** Puts the elements of the last row of a buffer into another order. */
final class RowOrder {
  private RowOrder() {}

  /**
   * Moves each element to its place.
   *
   * @param places the place of each of the last {@code count} elements
   */
  static void restore(ByteBuf data, DataType type, int[] places, int count) {
    if (isInOrder(places, count)) {
      return;
    }
    if (type == DataType.BYTES) {
      throw new UnfitValueException(
          "the columns of strings are in another order than in the rows before; send them in one order");
    }
    int size = type.sizeBytes();
    var row = new byte[count * size];
    int start = data.writerIndex() - row.length;
    data.getBytes(start, row);
    for (int i = 0; i < count; i++) {
      data.setBytes(start + places[i] * size, row, i * size, size);
    }
  }

  private static boolean isInOrder(int[] places, int count) {
    for (int i = 0; i < Math.min(count, places.length); i++) {
      if (places[i] != i) {
        return false;
      }
    }
    return true;
  }
}
