package dev.millrace.serving.modelconfig;

import dev.millrace.serving.runtime.ModelRunException;
import dev.millrace.serving.tensor.Shape;

/**
 * The same elements in another shape. Open dimensions keep their sizes and their order; a check at
 * load time saw to it that what lies between them has equal size.
 *
 * @param from with -1 where any size is accepted, the rows included
 * @param to likewise, with as many open dimensions
 */
record Reshape(Shape from, Shape to) {
  /** The other shape of a tensor that fits {@link #from}. */
  Shape of(Shape actual) {
    if (!from.accepts(actual)) {
      throw new ModelRunException(
          "The model answered the shape %s where its configuration says %s".formatted(actual, from),
          null);
    }
    var shape = to.toArray();
    int at = 0;
    for (int i = 0; i < from.rank(); i++) {
      if (from.dimension(i) == Shape.ANY) {
        while (shape[at] != Shape.ANY) {
          at++;
        }
        shape[at++] = actual.dimension(i);
      }
    }
    return Shape.of(shape);
  }
}
