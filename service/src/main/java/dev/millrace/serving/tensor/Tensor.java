package dev.millrace.serving.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One named tensor.
 *
 * @param shape concrete, without -1
 * @param data the elements in row-major order, little-endian, between position and limit; direct on
 *     the path of a prediction. Whoever made the tensor owns the memory; readers use absolute
 *     access or a duplicate, and leave position and limit alone
 */
public record Tensor(String name, DataType type, Shape shape, ByteBuffer data) {
  /** Refuses a buffer in another byte order. */
  public Tensor {
    if (data.order() != ByteOrder.LITTLE_ENDIAN) {
      throw new IllegalArgumentException("The data of tensor '" + name + "' is not little-endian");
    }
  }
}
