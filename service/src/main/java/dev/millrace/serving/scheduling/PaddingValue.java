package dev.millrace.serving.scheduling;

import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes a number of the settings as elements of an input. */
final class PaddingValue {
  /** A multiple of every element's size. */
  private static final int FILLING_BYTES = 1 << 12;

  /** Beyond, a double does not hold every whole number. */
  private static final double LARGEST_WHOLE = 1L << 53;

  private final TensorSpec spec;
  private final double value;

  private PaddingValue(TensorSpec spec, double value) {
    this.spec = spec;
    this.value = value;
  }

  /** The value, again and again. */
  static ByteBuffer filling(TensorSpec spec, double value) {
    long bits = new PaddingValue(spec, value).bits();
    int size = spec.type().sizeBytes();
    var filling = ByteBuffer.allocate(FILLING_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < FILLING_BYTES; i++) {
      filling.put(i, (byte) (bits >>> (Byte.SIZE * (i % size))));
    }
    return filling;
  }

  private long bits() {
    return switch (spec.type()) {
      case BOOL -> whole(0, 1);
      case UINT8 -> whole(0, 0xFF);
      case UINT16 -> whole(0, 0xFFFF);
      case UINT32 -> whole(0, 0xFFFF_FFFFL);
      case UINT64 -> whole(0, LARGEST_WHOLE);
      case INT8 -> whole(Byte.MIN_VALUE, Byte.MAX_VALUE);
      case INT16 -> whole(Short.MIN_VALUE, Short.MAX_VALUE);
      case INT32 -> whole(Integer.MIN_VALUE, Integer.MAX_VALUE);
      case INT64 -> whole(-LARGEST_WHOLE, LARGEST_WHOLE);
      case FP16 -> Float.floatToFloat16(within(65_504));
      case BF16 -> upperHalf(Float.floatToRawIntBits(within(0x1.FEp127f)));
      case FP32 -> Float.floatToRawIntBits(within(Float.MAX_VALUE));
      case FP64 -> Double.doubleToRawLongBits(value);
      case BYTES -> throw new IllegalArgumentException("Text is not padded");
    };
  }

  private long whole(double least, double most) {
    if (value < least || value > most || value != Math.rint(value)) {
      throw wrong("a whole number from %.0f to %.0f".formatted(least, most));
    }
    return (long) value;
  }

  private float within(float most) {
    if (Math.abs(value) > most) {
      throw wrong("a number from %s to %s".formatted(-most, most));
    }
    return (float) value;
  }

  /** Rounds to the nearest, ties to even. */
  private static int upperHalf(int bits) {
    return (bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16;
  }

  private ModelLoadException wrong(String expected) {
    return new ModelLoadException(
        "padding of the input '%s' is %s; for %s it must be %s."
            .formatted(spec.name(), value, spec.type(), expected),
        null);
  }
}
