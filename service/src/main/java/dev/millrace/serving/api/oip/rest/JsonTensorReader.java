package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON {@code data} of one input straight into its buffer. The elements may be flat, or
 * nested as the shape says.
 */
final class JsonTensorReader {
  private final JsonReader json;
  private final String name;
  private final DataType type;
  private final Shape shape;
  private final long count;
  private final ByteBuf target;
  private final ByteBuffer data;
  private final @Nullable FloatRun floats;
  private int filled;

  /** Fills {@code target}, whose capacity fits the elements unless they are {@code BYTES}. */
  JsonTensorReader(JsonReader json, String name, DataType type, Shape shape, ByteBuf target) {
    this.json = json;
    this.name = name;
    this.type = type;
    this.shape = shape;
    this.count = shape.elementCount();
    this.target = target;
    this.data = target.nioBuffer(0, target.capacity()).order(ByteOrder.LITTLE_ENDIAN);
    this.floats = type == DataType.FP32 ? json.floatRun() : null;
  }

  /** Consumes the array and leaves the elements readable in the target. */
  void read() {
    try {
      readArray();
    } catch (InferenceException e) {
      throw JsonReader.refusal(
          "Unable to read 'data' of input '%s' at element %d: %s"
              .formatted(name, filled, e.failure().message()));
    }
    if (type != DataType.BYTES) {
      target.writerIndex(filled * type.sizeBytes());
    }
  }

  private void readArray() {
    boolean more = json.enterArray();
    if (more && shape.rank() > 1 && json.peek() == '[') {
      readLevel(0, true);
      return;
    }
    for (; more; more = json.moreElements()) {
      readRun(count - filled);
      if (filled == count) {
        throw JsonReader.refusal(
            "more values follow, but shape %s holds %d".formatted(shape, count));
      }
      readElement();
    }
    if (filled != count) {
      throw JsonReader.refusal(
          "'data' ends after %d values, but shape %s holds %d".formatted(filled, shape, count));
    }
  }

  private void readLevel(int dimension, boolean nonEmpty) {
    long size = shape.dimension(dimension);
    boolean innermost = dimension == shape.rank() - 1;
    long seen = 0;
    for (boolean more = nonEmpty; more; more = json.moreElements()) {
      if (innermost) {
        seen += readRun(size - seen);
      }
      if (++seen > size) {
        break;
      }
      if (innermost) {
        readElement();
      } else {
        readLevel(dimension + 1, json.enterArray());
      }
    }
    if (seen != size) {
      throw JsonReader.refusal(
          "an array of dimension %d has %s %d elements, but shape %s wants %d"
              .formatted(
                  dimension,
                  seen > size ? "more than" : "only",
                  Math.min(seen, size),
                  shape,
                  size));
    }
  }

  /** What can be read quickly from here on; behind it, another value follows in any case. */
  private int readRun(long most) {
    if (floats == null || most == 0) {
      return 0;
    }
    int read = floats.read(json.mark(), data, filled, most);
    json.jumpTo(floats.position());
    filled += read;
    return read;
  }

  private void readElement() {
    switch (type) {
      case BOOL -> data.put(filled, json.bool() ? (byte) 1 : 0);
      case UINT8 -> data.put(filled, (byte) whole(0, 255));
      case INT8 -> data.put(filled, (byte) whole(Byte.MIN_VALUE, Byte.MAX_VALUE));
      case UINT16 -> data.putShort(filled * 2, (short) whole(0, 65_535));
      case INT16 -> data.putShort(filled * 2, (short) whole(Short.MIN_VALUE, Short.MAX_VALUE));
      case UINT32 -> data.putInt(filled * 4, (int) whole(0, 0xffff_ffffL));
      case INT32 -> data.putInt(filled * 4, (int) whole(Integer.MIN_VALUE, Integer.MAX_VALUE));
      case UINT64 -> data.putLong(filled * 8, unsigned());
      case INT64 -> data.putLong(filled * 8, whole(Long.MIN_VALUE, Long.MAX_VALUE));
      case FP32 -> data.putFloat(filled * 4, single());
      case FP64 -> data.putDouble(filled * 8, real());
      case BYTES -> readBytes();
      case FP16, BF16 -> throw new IllegalStateException(type + " has no JSON form");
    }
    filled++;
  }

  private long whole(long least, long most) {
    var number = json.number();
    if (number.fitsLong()) {
      long value = number.toLong();
      if (value >= least && value <= most) {
        return value;
      }
    }
    throw outOfRange(number, least, Long.toString(most));
  }

  private long unsigned() {
    var number = json.number();
    if (!number.fitsUnsignedLong()) {
      throw outOfRange(number, 0, "18446744073709551615");
    }
    return number.toUnsignedLong();
  }

  private float single() {
    var number = json.number();
    float value = number.toFloat();
    if (Float.isInfinite(value)) {
      throw tooLarge(number);
    }
    return value;
  }

  private double real() {
    var number = json.number();
    double value = number.toDouble();
    if (Double.isInfinite(value)) {
      throw tooLarge(number);
    }
    return value;
  }

  private void readBytes() {
    var string = json.stringBytes();
    target.writeIntLE(string.length());
    target.writeBytes(string.array(), 0, string.length());
  }

  private InferenceException outOfRange(JsonNumber number, long least, String most) {
    return JsonReader.refusal(
        "%s takes whole numbers from %d to %s, not %s"
            .formatted(type, least, most, number.shown()));
  }

  private InferenceException tooLarge(JsonNumber number) {
    return JsonReader.refusal("%s is too large for %s".formatted(number.shown(), type));
  }
}
