package dev.millrace.serving.scheduling;

import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.util.List;

/** An input whose open dimensions beyond the rows may be filled up at their end. Thread-safe. */
final class PaddedInput {
  private final int index;
  private final TensorSpec spec;

  /** The value, many times over; read with absolute access. */
  private final ByteBuffer filling;

  private PaddedInput(int index, TensorSpec spec, ByteBuffer filling) {
    this.index = index;
    this.spec = spec;
    this.filling = filling;
  }

  static PaddedInput of(TensorSpec spec, int index, double value) {
    if (spec.type() == DataType.BYTES) {
      throw new ModelLoadException(
          "padding names the input '%s' of type BYTES; only numbers can be padded. Leave it out."
              .formatted(spec.name()),
          null);
    }
    var input = new PaddedInput(index, spec, PaddingValue.filling(spec, value));
    for (int i = 1; i < spec.shape().rank(); i++) {
      if (input.isOpen(i)) {
        return input;
      }
    }
    throw new ModelLoadException(
        "padding names the input '%s' of shape %s; it has no open dimension (-1) beyond the rows. Leave it out."
            .formatted(spec.name(), spec.shape()),
        null);
  }

  /** In the signature. */
  int index() {
    return index;
  }

  /** Whether this dimension, beyond the rows, may be padded. */
  boolean isOpen(int dimension) {
    return isOpen(spec.shape(), dimension);
  }

  static boolean isOpen(Shape declared, int dimension) {
    return dimension > 0
        && dimension < declared.rank()
        && declared.dimension(dimension) == Shape.ANY;
  }

  /** As the caller sent it. */
  Shape shape(Part part) {
    return part.request.inputs().get(index).shape();
  }

  /** The size of the largest. */
  long largest(List<Part> parts, int dimension) {
    long largest = 0;
    for (int i = 0; i < parts.size(); i++) {
      largest = Math.max(largest, shape(parts.get(i)).dimension(dimension));
    }
    return largest;
  }

  /** What all parts are padded to. */
  Shape paddedShape(List<Part> parts, int rows) {
    var sizes = shape(parts.getFirst()).toArray();
    sizes[0] = rows;
    for (int i = 1; i < sizes.length; i++) {
      sizes[i] = largest(parts, i);
    }
    return Shape.of(sizes);
  }

  int bytes(Shape shape) {
    return Math.toIntExact(Math.multiplyExact(shape.elementCount(), spec.type().sizeBytes()));
  }

  /** Puts the rows of all parts one behind the other, from the buffer's beginning. */
  void copy(List<Part> parts, Shape padded, ByteBuffer into) {
    int at = 0;
    for (int i = 0; i < parts.size(); i++) {
      var part = parts.get(i);
      var tensor = part.request.inputs().get(index);
      int from =
          part.split == null ? tensor.data().position() : OutputRows.offset(tensor, part.firstRow);
      var to = padded.withRows(part.rows);
      var corner =
          new Corner(tensor.shape().withRows(part.rows), to, spec.type().sizeBytes(), filling);
      corner.copy(tensor.data(), from, into, at);
      at += bytes(to);
    }
  }
}
