package dev.millrace.protocol.packaging;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.annotation.JsonSerialize;

/**
 * One recorded numeric tensor, in row-major order.
 *
 * @param data never copied: whoever makes or reads a value leaves the numbers alone
 */
@JsonSerialize(using = TensorNumbers.class)
@SuppressWarnings("ArrayRecordComponent") // Boxed numbers would cost 16 times the memory.
public record TensorValue(String name, String datatype, List<Long> shape, double[] data) {
  /** Refuses numbers that JSON cannot carry and a count that is not the shape's. */
  public TensorValue {
    Objects.requireNonNull(name, "a golden tensor has no 'name'");
    Datatypes.requireNumeric(name, datatype);
    shape = List.copyOf(Objects.requireNonNull(shape, "tensor '" + name + "' has no 'shape'"));
    Objects.requireNonNull(data, "tensor '" + name + "' has no 'data'");
    requireCount(name, shape, data);
    requireFinite(name, data);
  }

  private static void requireCount(String name, List<Long> shape, double[] data) {
    long expected = shape.stream().reduce(1L, Math::multiplyExact);
    if (data.length != expected || shape.stream().anyMatch(size -> size < 0)) {
      throw new IllegalArgumentException(
          "tensor '%s' has shape %s and %d numbers; expected as many as the shape says"
              .formatted(name, shape, data.length));
    }
  }

  private static void requireFinite(String name, double[] data) {
    for (int i = 0; i < data.length; i++) {
      if (!Double.isFinite(data[i])) {
        throw new IllegalArgumentException(
            "tensor '%s' has %s at %d; a golden example holds finite numbers only"
                .formatted(name, data[i], i));
      }
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TensorValue that
        && name.equals(that.name)
        && datatype.equals(that.datatype)
        && shape.equals(that.shape)
        && Arrays.equals(data, that.data);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, datatype, shape, Arrays.hashCode(data));
  }
}
