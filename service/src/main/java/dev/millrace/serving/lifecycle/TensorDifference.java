package dev.millrace.serving.lifecycle;

import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Where two tensors that should be equal differ most.
 *
 * @param output their name
 * @param element index of the worst element; -1 where the shapes or texts differ
 * @param alone what the one has there
 * @param other what the other has there
 */
record TensorDifference(String output, int element, String alone, String other) {
  /** One unit in the last place of 16-bit floats, which kernels for other sizes may round to. */
  private static final double FP16_STEP = 0x1p-9;

  private static final double BF16_STEP = 0x1p-6;

  /**
   * Null where each element agrees within the tolerance, which counts absolutely and in relation to
   * the value; NaN agrees with NaN.
   */
  static @Nullable TensorDifference between(Tensor alone, Tensor other, double tolerance) {
    if (!alone.shape().equals(other.shape())) {
      return new TensorDifference(
          alone.name(), -1, "shape " + alone.shape(), "shape " + other.shape());
    }
    if (alone.type() == DataType.BYTES) {
      return alone.data().equals(other.data())
          ? null
          : new TensorDifference(alone.name(), -1, "one text", "another text");
    }
    return worst(alone, other, Math.max(tolerance, step(alone.type())));
  }

  private static @Nullable TensorDifference worst(Tensor alone, Tensor other, double tolerance) {
    int worst = -1;
    double largest = 0;
    int count = Math.toIntExact(alone.shape().elementCount());
    for (int i = 0; i < count; i++) {
      double expected = Numbers.at(alone, i);
      double excess = excess(expected, Numbers.at(other, i), tolerance);
      if (excess > largest) {
        largest = excess;
        worst = i;
      }
    }
    return worst < 0
        ? null
        : new TensorDifference(
            alone.name(),
            worst,
            String.valueOf(Numbers.at(alone, worst)),
            String.valueOf(Numbers.at(other, worst)));
  }

  /** By how much the difference is beyond what is tolerated; positive when it is. */
  private static double excess(double expected, double actual, double tolerance) {
    if (Double.compare(expected, actual) == 0) {
      return 0;
    }
    double excess = Math.abs(expected - actual) - tolerance * (1 + Math.abs(expected));
    return Double.isNaN(excess) ? Double.POSITIVE_INFINITY : excess;
  }

  private static double step(DataType type) {
    return switch (type) {
      case FP16 -> FP16_STEP;
      case BF16 -> BF16_STEP;
      case BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP32, FP64, BYTES -> 0;
    };
  }

  /** For people: which output, where, and by how much. */
  String describe(String where, double tolerance) {
    return element < 0
        ? "output '%s' has %s alone and %s %s".formatted(output, alone, other, where)
        : "output '%s' element %d is %s alone and %s %s; the tolerance is %s"
            .formatted(output, element, alone, other, where, tolerance);
  }
}
