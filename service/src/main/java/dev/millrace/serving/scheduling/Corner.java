package dev.millrace.serving.scheduling;

import dev.millrace.serving.tensor.Shape;
import java.nio.ByteBuffer;

/**
 * Copies what two row-major arrays of the same rank have in common, their corner at the first
 * element; what the target has beyond is filled. Inside the last dimension in which they differ
 * memory is copied in one piece.
 */
final class Corner {
  private final long[] from;
  private final long[] to;

  /** Bytes of one step in a dimension. */
  private final int[] fromSteps;

  private final int[] toSteps;
  private final int last;
  private final ByteBuffer filling;

  /**
   * Compares the two.
   *
   * @param filling elements to fill with; empty where the target is nowhere larger
   */
  Corner(Shape from, Shape to, int elementBytes, ByteBuffer filling) {
    this.from = from.toArray();
    this.to = to.toArray();
    this.filling = filling;
    fromSteps = steps(this.from, elementBytes);
    toSteps = steps(this.to, elementBytes);
    int differing = this.from.length - 1;
    while (differing > 0 && this.from[differing] == this.to[differing]) {
      differing--;
    }
    last = differing;
  }

  private static int[] steps(long[] sizes, int elementBytes) {
    var steps = new int[sizes.length];
    int bytes = elementBytes;
    for (int i = sizes.length - 1; i >= 0; i--) {
      steps[i] = bytes;
      bytes = Math.toIntExact(bytes * sizes[i]);
    }
    return steps;
  }

  /** Whether the target is the beginning of the source, so that a view will do. */
  boolean isBeginning() {
    for (int i = 0; i < last; i++) {
      if (to[i] > 1) {
        return false;
      }
    }
    return to[last] <= from[last];
  }

  int targetBytes() {
    return Math.toIntExact(to[0] * toSteps[0]);
  }

  void copy(ByteBuffer source, int sourceAt, ByteBuffer target, int targetAt) {
    copy(0, source, sourceAt, target, targetAt);
  }

  private void copy(
      int dimension, ByteBuffer source, int sourceAt, ByteBuffer target, int targetAt) {
    int step = toSteps[dimension];
    int common = (int) Math.min(from[dimension], to[dimension]);
    if (dimension == last) {
      target.put(targetAt, source, sourceAt, common * step);
    } else {
      for (int i = 0; i < common; i++) {
        int next = sourceAt + i * fromSteps[dimension];
        copy(dimension + 1, source, next, target, targetAt + i * step);
      }
    }
    fill(target, targetAt + common * step, (int) (to[dimension] - common) * step);
  }

  private void fill(ByteBuffer target, int at, int bytes) {
    for (int done = 0; done < bytes; done += filling.capacity()) {
      target.put(at + done, filling, 0, Math.min(filling.capacity(), bytes - done));
    }
  }
}
