package dev.millrace.serving.lifecycle;

import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Puts doubles into tensors of any numeric type, and reads them back. */
final class Numbers {
  private static final int HALF_OF_FLOAT = 16;

  private Numbers() {}

  static Tensor tensor(String name, DataType type, Shape shape, double[] values) {
    int size = sizeOf(type);
    var data = ByteBuffer.allocateDirect(size * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < values.length; i++) {
      put(data, type, i * size, values[i]);
    }
    return new Tensor(name, type, shape, data);
  }

  static double at(Tensor tensor, int index) {
    var data = tensor.data();
    int at = data.position() + index * sizeOf(tensor.type());
    return switch (tensor.type()) {
      case BOOL, INT8 -> data.get(at);
      case UINT8 -> Byte.toUnsignedInt(data.get(at));
      case INT16 -> data.getShort(at);
      case UINT16 -> Short.toUnsignedInt(data.getShort(at));
      case INT32 -> data.getInt(at);
      case UINT32 -> Integer.toUnsignedLong(data.getInt(at));
      case INT64, UINT64 -> data.getLong(at);
      case FP16 -> Float.float16ToFloat(data.getShort(at));
      case BF16 -> Float.intBitsToFloat(data.getShort(at) << HALF_OF_FLOAT);
      case FP32 -> data.getFloat(at);
      case FP64 -> data.getDouble(at);
      case BYTES -> throw notNumeric();
    };
  }

  private static void put(ByteBuffer data, DataType type, int at, double value) {
    switch (type) {
      case BOOL, INT8, UINT8 -> data.put(at, (byte) value);
      case INT16, UINT16 -> data.putShort(at, (short) value);
      case INT32 -> data.putInt(at, (int) value);
      case UINT32 -> data.putInt(at, (int) (long) value);
      case INT64, UINT64 -> data.putLong(at, (long) value);
      case FP16 -> data.putShort(at, Float.floatToFloat16((float) value));
      case BF16 ->
          data.putShort(at, (short) (Float.floatToIntBits((float) value) >>> HALF_OF_FLOAT));
      case FP32 -> data.putFloat(at, (float) value);
      case FP64 -> data.putDouble(at, value);
      case BYTES -> throw notNumeric();
    }
  }

  private static int sizeOf(DataType type) {
    if (type == DataType.BYTES) {
      throw notNumeric();
    }
    return type.sizeBytes();
  }

  private static ModelLoadException notNumeric() {
    return new ModelLoadException(
        "Golden examples hold numbers, and the model has text. Leave them out of the package.",
        null);
  }
}
