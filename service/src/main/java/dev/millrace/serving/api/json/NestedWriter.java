package dev.millrace.serving.api.json;

import dev.millrace.serving.tensor.ByteStrings;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Prints the elements of one tensor as JSON lists, nested as its shape says, straight from the
 * engine's buffer. Numbers that are not finite become {@code NaN}, {@code Infinity} and {@code
 * -Infinity}, as TensorFlow Serving and Python's json write them. Not thread-safe.
 */
public final class NestedWriter {
  private static final String BYTES_SUFFIX = "_bytes";

  private final JsonWriter json;
  private final Tensor tensor;
  private final ByteBuffer data;
  private final boolean base64;
  private int at;

  /** At the first element. */
  public NestedWriter(JsonWriter json, Tensor tensor) {
    this.json = json;
    this.tensor = tensor;
    data = tensor.data();
    at = data.position();
    base64 = tensor.type() == DataType.BYTES && tensor.name().endsWith(BYTES_SUFFIX);
  }

  /** All of it. */
  public void whole() {
    level(0);
  }

  /** The next row, without the outermost dimension. */
  public void row() {
    level(1);
  }

  private void level(int dimension) {
    if (dimension >= tensor.shape().rank()) {
      element();
      return;
    }
    long length = tensor.shape().dimension(dimension);
    boolean innermost = dimension == tensor.shape().rank() - 1;
    json.raw('[');
    for (long i = 0; i < length; i++) {
      if (i > 0) {
        json.raw(',');
      }
      if (innermost) {
        element();
      } else {
        level(dimension + 1);
      }
    }
    json.raw(']');
  }

  /** The next element, without a list around it. */
  public void element() {
    int from = at;
    at += tensor.type().sizeBytes();
    switch (tensor.type()) {
      case BOOL -> json.raw(data.get(from) == 0 ? "false" : "true");
      case UINT8 -> json.number((long) data.get(from) & 0xff);
      case INT8 -> json.number((long) data.get(from));
      case UINT16 -> json.number((long) data.getShort(from) & 0xffff);
      case INT16 -> json.number((long) data.getShort(from));
      case UINT32 -> json.number(data.getInt(from) & 0xffff_ffffL);
      case INT32 -> json.number((long) data.getInt(from));
      case UINT64 -> json.unsignedNumber(data.getLong(from));
      case INT64 -> json.number(data.getLong(from));
      case FP16 -> number(Float.float16ToFloat(data.getShort(from)));
      case BF16 -> number(HalfFloats.fromBrain(data.getShort(from)));
      case FP32 -> number(data.getFloat(from));
      case FP64 -> number(data.getDouble(from));
      case BYTES -> bytes();
    }
  }

  private void number(float value) {
    if (Float.isFinite(value)) {
      json.number(value);
    } else {
      json.raw(Float.toString(value));
    }
  }

  private void number(double value) {
    if (Double.isFinite(value)) {
      json.number(value);
    } else {
      json.raw(Double.toString(value));
    }
  }

  private void bytes() {
    var element = ByteStrings.element(data, at);
    at = ByteStrings.skip(data, at, 1);
    if (base64 || !isText(element)) {
      writeBase64(element);
      return;
    }
    json.raw('"');
    for (int i = 0; i < element.limit(); i++) {
      json.escaped(element.get(i));
    }
    json.raw('"');
  }

  /** Also what is no text: clients that read these objects get the bytes as they are. */
  private void writeBase64(ByteBuffer element) {
    json.raw("{\"b64\":\"");
    var text = Base64.getEncoder().encode(element);
    while (text.hasRemaining()) {
      json.raw((char) text.get());
    }
    json.raw("\"}");
  }

  private static boolean isText(ByteBuffer element) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(element.duplicate());
      return true;
    } catch (CharacterCodingException _) {
      return false;
    }
  }
}
