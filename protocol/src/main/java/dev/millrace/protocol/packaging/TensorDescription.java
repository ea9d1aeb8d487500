package dev.millrace.protocol.packaging;

import java.util.List;
import java.util.Objects;

/**
 * Name, Open Inference Protocol datatype and shape of one input or output.
 *
 * @param shape sizes by axis; -1 for one that each request chooses
 */
public record TensorDescription(String name, String datatype, List<Long> shape) {
  /** Refuses unknown datatypes and sizes below -1 with an {@link IllegalArgumentException}. */
  public TensorDescription {
    Objects.requireNonNull(name, "a tensor has no 'name'");
    Datatypes.requireKnown(name, datatype);
    shape = List.copyOf(Objects.requireNonNull(shape, "tensor '" + name + "' has no 'shape'"));
    requireSizes(name, shape);
  }

  private static void requireSizes(String name, List<Long> shape) {
    for (long size : shape) {
      if (size < -1) {
        throw new IllegalArgumentException(
            "tensor '%s' has shape %s; each size is -1 or more".formatted(name, shape));
      }
    }
  }
}
