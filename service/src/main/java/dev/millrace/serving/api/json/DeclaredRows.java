package dev.millrace.serving.api.json;

import dev.millrace.serving.tensor.Shape;
import org.jspecify.annotations.Nullable;

/** Finds the shape in which a model takes rows that a client has sent in another one. */
final class DeclaredRows {
  private DeclaredRows() {}

  /**
   * The shape with so many rows that fits the declared one and has as many elements; null where
   * there is none, or more than one.
   *
   * @param row the shape of a row as the client sent it
   */
  static long @Nullable [] shape(Shape declared, long rows, long[] row) {
    if (declared.rank() == 0 || declared.rank() == row.length + 1) {
      return null;
    }
    var shape = declared.toArray();
    shape[0] = rows;
    long left = elements(row);
    int open = 0;
    for (int i = 1; i < shape.length; i++) {
      if (shape[i] == Shape.ANY) {
        open = open == 0 ? i : -1;
      } else if (shape[i] > 0 && left % shape[i] == 0) {
        left /= shape[i];
      } else {
        return null;
      }
    }
    if (open > 0) {
      shape[open] = left;
    }
    return open > 0 || (open == 0 && left == 1) ? shape : null;
  }

  /** There are as many in a buffer, so they fit. */
  private static long elements(long[] row) {
    long count = 1;
    for (long length : row) {
      count *= length;
    }
    return count;
  }
}
