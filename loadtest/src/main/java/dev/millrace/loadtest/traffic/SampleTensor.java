package dev.millrace.loadtest.traffic;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiConsumer;

/** One numeric tensor to send; a name may hold any text the model uses. */
public record SampleTensor(String name, String datatype, List<Long> shape, List<Double> values) {
  /** Copies the shape and checks that it holds as many values as there are. */
  public SampleTensor {
    shape = List.copyOf(shape);
    values = List.copyOf(values);
    var count = shape.stream().reduce(1L, (left, right) -> left * right);
    if (count != values.size()) {
      throw new IllegalArgumentException(
          "Tensor '%s' of shape %s has %d values; expected %d."
              .formatted(name, shape, values.size(), count));
    }
  }

  /** Its rows this many times. */
  SampleTensor times(int count) {
    var more = new ArrayList<>(shape);
    more.set(0, shape.getFirst() * count);
    var repeated = Collections.nCopies(count, values).stream().flatMap(List::stream).toList();
    return new SampleTensor(name, datatype, more, repeated);
  }

  /** The values as the protocols' little-endian bytes. */
  public byte[] littleEndian() {
    var width = width();
    var bytes = ByteBuffer.allocate(values.size() * width).order(ByteOrder.LITTLE_ENDIAN);
    var put = put();
    for (var value : values) {
      put.accept(bytes, value);
    }
    return bytes.array();
  }

  /** The values as a flat JSON array; whole numbers for the whole-number types. */
  public String json() {
    var text = new StringBuilder("[");
    for (var value : values) {
      text.append(text.length() > 1 ? "," : "").append(number(value));
    }
    return text.append(']').toString();
  }

  private String number(double value) {
    return switch (datatype) {
      case "FP32" -> value == Math.rint(value) ? whole(value) : Float.toString((float) value);
      case "FP64" -> Double.toString(value);
      case "BOOL" -> Boolean.toString(value != 0);
      default -> whole(value);
    };
  }

  private static String whole(double value) {
    return Long.toString((long) value);
  }

  private int width() {
    return switch (datatype) {
      case "BOOL", "INT8", "UINT8" -> 1;
      case "INT16", "UINT16" -> 2;
      case "INT32", "UINT32", "FP32" -> 4;
      case "INT64", "UINT64", "FP64" -> 8;
      default -> throw unknownDatatype();
    };
  }

  private BiConsumer<ByteBuffer, Double> put() {
    return switch (datatype) {
      case "FP32" -> (bytes, value) -> bytes.putFloat(value.floatValue());
      case "FP64" -> ByteBuffer::putDouble;
      case "BOOL", "INT8", "UINT8" -> (bytes, value) -> bytes.put(value.byteValue());
      case "INT16", "UINT16" -> (bytes, value) -> bytes.putShort(value.shortValue());
      case "INT32", "UINT32" -> (bytes, value) -> bytes.putInt(value.intValue());
      case "INT64", "UINT64" -> (bytes, value) -> bytes.putLong(value.longValue());
      default -> throw unknownDatatype();
    };
  }

  private IllegalArgumentException unknownDatatype() {
    return new IllegalArgumentException(
        "Tensor '%s' has datatype %s; the load generator sends BOOL, whole numbers, FP32 and FP64."
            .formatted(name, datatype));
  }
}
