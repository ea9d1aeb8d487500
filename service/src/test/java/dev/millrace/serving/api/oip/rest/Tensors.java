package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Tensors for tests. */
final class Tensors {
  private Tensors() {}

  static Tensor floats(String name, float... values) {
    var data = buffer(values.length * 4);
    for (float value : values) {
      data.putFloat(value);
    }
    return new Tensor(name, DataType.FP32, Shape.of(1, values.length), data.flip());
  }

  static Tensor of(String name, DataType type, Shape shape, int... bytes) {
    var data = buffer(bytes.length);
    for (int value : bytes) {
      data.put((byte) value);
    }
    return new Tensor(name, type, shape, data.flip());
  }

  /** Random elements that JSON can carry. */
  static Tensor random(String name, DataType type, Shape shape, Random random) {
    int count = (int) shape.elementCount();
    var data = buffer(count * Math.max(type.sizeBytes(), 24));
    for (int i = 0; i < count; i++) {
      putRandom(type, random, data);
    }
    return new Tensor(name, type, shape, data.flip().slice().order(ByteOrder.LITTLE_ENDIAN));
  }

  private static void putRandom(DataType type, Random random, ByteBuffer data) {
    switch (type) {
      case BOOL -> data.put((byte) random.nextInt(2));
      case UINT8, INT8 -> data.put((byte) random.nextInt());
      case UINT16, INT16, FP16, BF16 -> data.putShort((short) random.nextInt());
      case UINT32, INT32 -> data.putInt(random.nextInt());
      case UINT64, INT64 -> data.putLong(random.nextLong());
      case FP32 -> data.putFloat(finite(Float.intBitsToFloat(random.nextInt())));
      case FP64 -> data.putDouble(finite(Double.longBitsToDouble(random.nextLong())));
      case BYTES -> putString(random, data);
    }
  }

  private static float finite(float value) {
    return Float.isFinite(value) ? value : 0.5f;
  }

  private static double finite(double value) {
    return Double.isFinite(value) ? value : 0.5;
  }

  private static void putString(Random random, ByteBuffer data) {
    var text = new StringBuilder();
    for (int left = random.nextInt(6); left > 0; left--) {
      text.append("a\"\\\n\u0001é€/".charAt(random.nextInt(8)));
    }
    if (random.nextInt(4) == 0) {
      text.append("😀");
    }
    var bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    data.putInt(bytes.length).put(bytes);
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
