package dev.millrace.serving.tensor;

import java.util.Arrays;

/**
 * The dimensions of a tensor, outermost first; -1 stands for any size in the shape of a
 * specification.
 */
public final class Shape {
  /** The size of a dimension that a specification leaves open. */
  public static final long ANY = -1;

  private final long[] dimensions;

  private Shape(long[] dimensions) {
    this.dimensions = dimensions;
  }

  /** Copies the dimensions. */
  public static Shape of(long... dimensions) {
    return new Shape(dimensions.clone());
  }

  /** How many dimensions. */
  public int rank() {
    return dimensions.length;
  }

  /** Size of a dimension, counted from 0, the outermost. */
  public long dimension(int index) {
    return dimensions[index];
  }

  /** A copy as an array. */
  public long[] toArray() {
    return dimensions.clone();
  }

  /** Product of the dimensions. Throws {@link ArithmeticException} when it does not fit 63 bits. */
  public long elementCount() {
    long count = 1;
    for (long dimension : dimensions) {
      count = Math.multiplyExact(count, dimension);
    }
    return count;
  }

  /** The same shape with another outermost dimension. */
  public Shape withRows(long rows) {
    var changed = dimensions.clone();
    changed[0] = rows;
    return new Shape(changed);
  }

  /** Whether the other shape has the same dimensions but, perhaps, the outermost. */
  public boolean sameBeyondRows(Shape other) {
    int rank = dimensions.length;
    return rank > 0
        && other.rank() == rank
        && Arrays.equals(dimensions, 1, rank, other.dimensions, 1, rank);
  }

  /** Whether a concrete shape fits this specification. */
  public boolean accepts(Shape actual) {
    if (actual.rank() != rank()) {
      return false;
    }
    for (int i = 0; i < dimensions.length; i++) {
      if (dimensions[i] != ANY && dimensions[i] != actual.dimensions[i]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(dimensions, shape.dimensions);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dimensions);
  }

  /** As clients see it: {@code [3, 4]}. */
  @Override
  public String toString() {
    return Arrays.toString(dimensions);
  }
}
