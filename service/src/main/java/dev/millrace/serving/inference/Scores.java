package dev.millrace.serving.inference;

import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The values of a tensor of numbers, to be compared and printed. */
final class Scores {
  private final DataType type;
  private final ByteBuffer data;
  private final int start;

  Scores(Tensor output) {
    type = output.type();
    data = output.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    start = data.position();
  }

  int count() {
    return data.remaining() / type.sizeBytes();
  }

  /** What is no number is less than all others. */
  int compare(int one, int other) {
    return switch (type) {
      case FP32, FP64 -> compare(fraction(one), fraction(other));
      case UINT64 -> Long.compareUnsigned(whole(one), whole(other));
      default -> Long.compare(whole(one), whole(other));
    };
  }

  private static int compare(double one, double other) {
    if (Double.isNaN(one) || Double.isNaN(other)) {
      return Boolean.compare(Double.isNaN(other), Double.isNaN(one));
    }
    return one < other ? -1 : one > other ? 1 : 0;
  }

  void append(int index, StringBuilder text) {
    switch (type) {
      case FP32 -> ScoreText.append(data.getFloat(start + 4 * index), text);
      case FP64 -> ScoreText.append(data.getDouble(start + 8 * index), text);
      case UINT64 -> text.append(Long.toUnsignedString(whole(index)));
      default -> text.append(whole(index));
    }
  }

  private double fraction(int index) {
    return type == DataType.FP32
        ? data.getFloat(start + 4 * index)
        : data.getDouble(start + 8 * index);
  }

  private long whole(int index) {
    int at = start + type.sizeBytes() * index;
    return switch (type) {
      case INT8 -> data.get(at);
      case UINT8 -> Byte.toUnsignedLong(data.get(at));
      case INT16 -> data.getShort(at);
      case UINT16 -> Short.toUnsignedLong(data.getShort(at));
      case INT32 -> data.getInt(at);
      case UINT32 -> Integer.toUnsignedLong(data.getInt(at));
      case INT64, UINT64 -> data.getLong(at);
      case BOOL, FP16, BF16, FP32, FP64, BYTES ->
          throw new IllegalStateException(type + " is not a whole number");
    };
  }
}
