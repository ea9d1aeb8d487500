package dev.millrace.serving.api.json;

import dev.millrace.serving.tensor.DataType;
import io.netty.buffer.ByteBuf;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonParser.NumberType;
import tools.jackson.core.JsonToken;

/** Reads single JSON values as elements of a tensor, little-endian. */
final class Elements {
  /** The one key of an object that stands for bytes. */
  static final String BASE64 = "b64";

  private static final int LENGTH_BYTES = 4;

  private final DataType type;
  private final ByteBuf target;
  private final RequestTensors memory;
  private final Missing missing;

  Elements(DataType type, ByteBuf target, RequestTensors memory, Missing missing) {
    this.type = type;
    this.target = target;
    this.memory = memory;
    this.missing = missing;
  }

  /** The value that the parser is at; it is left at its last token. */
  void read(JsonParser json) {
    if (missing == Missing.NOT_A_NUMBER && json.currentToken() == JsonToken.VALUE_NULL) {
      readMissing();
      return;
    }
    memory.reserve(target, type.sizeBytes());
    switch (type) {
      case BOOL -> target.writeByte(bool(json) ? 1 : 0);
      case UINT8 -> target.writeByte((int) whole(json, 0, 255));
      case INT8 -> target.writeByte((int) whole(json, Byte.MIN_VALUE, Byte.MAX_VALUE));
      case UINT16 -> target.writeShortLE((int) whole(json, 0, 65_535));
      case INT16 -> target.writeShortLE((int) whole(json, Short.MIN_VALUE, Short.MAX_VALUE));
      case UINT32 -> target.writeIntLE((int) whole(json, 0, 0xffff_ffffL));
      case INT32 -> target.writeIntLE((int) whole(json, Integer.MIN_VALUE, Integer.MAX_VALUE));
      case UINT64 -> target.writeLongLE(unsigned(json));
      case INT64 -> target.writeLongLE(whole(json, Long.MIN_VALUE, Long.MAX_VALUE));
      case FP16, BF16 -> half(single(json), Tokens.shown(json));
      case FP32 -> target.writeFloatLE(single(json));
      case FP64 -> target.writeDoubleLE(real(json));
      case BYTES -> bytes(json);
    }
  }

  /** The value of {@code b64}, whose name the parser is at, to the end of the object. */
  void readBase64(JsonParser json) {
    if (type != DataType.BYTES) {
      throw unexpected("an object");
    }
    if (!BASE64.equals(json.currentName()) || json.nextToken() != JsonToken.VALUE_STRING) {
      throw notBase64();
    }
    var text = json.getString();
    if (json.nextToken() != JsonToken.END_OBJECT) {
      throw notBase64();
    }
    try {
      append(Base64.getDecoder().decode(text));
    } catch (IllegalArgumentException e) {
      throw new UnfitValueException("'b64' is not base64: " + e.getMessage());
    }
  }

  /** Not a number, for a value that is missing. */
  void readMissing() {
    memory.reserve(target, type.sizeBytes());
    switch (type) {
      case FP16 -> target.writeShortLE(Float.floatToFloat16(Float.NaN));
      case BF16 -> target.writeShortLE(HalfFloats.toBrain(Float.NaN));
      case FP32 -> target.writeFloatLE(Float.NaN);
      case FP64 -> target.writeDoubleLE(Double.NaN);
      case BOOL, UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64, BYTES ->
          throw new UnfitValueException(
              "a value is missing, which only a floating-point input can take, and this one is %s"
                  .formatted(type));
    }
  }

  /** An element as a table of text has it. */
  void readText(String text) {
    memory.reserve(target, type.sizeBytes());
    try {
      switch (type) {
        case BOOL -> target.writeByte(TextValues.bool(text) ? 1 : 0);
        case UINT8 -> target.writeByte((int) TextValues.whole(text, 0, 255));
        case INT8 -> target.writeByte((int) TextValues.whole(text, Byte.MIN_VALUE, Byte.MAX_VALUE));
        case UINT16 -> target.writeShortLE((int) TextValues.whole(text, 0, 65_535));
        case INT16 ->
            target.writeShortLE((int) TextValues.whole(text, Short.MIN_VALUE, Short.MAX_VALUE));
        case UINT32 -> target.writeIntLE((int) TextValues.whole(text, 0, 0xffff_ffffL));
        case INT32 ->
            target.writeIntLE((int) TextValues.whole(text, Integer.MIN_VALUE, Integer.MAX_VALUE));
        case UINT64 -> target.writeLongLE(Long.parseUnsignedLong(text));
        case INT64 -> target.writeLongLE(Long.parseLong(text));
        case FP16, BF16 -> half(TextValues.single(text), text);
        case FP32 -> target.writeFloatLE(TextValues.single(text));
        case FP64 -> target.writeDoubleLE(TextValues.real(text));
        case BYTES -> append(utf8(text));
      }
    } catch (NumberFormatException _) {
      throw unexpected("'" + Tokens.shortened(text) + "'");
    }
  }

  private boolean bool(JsonParser json) {
    var token = json.currentToken();
    if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE) {
      throw unexpected(Tokens.shown(json));
    }
    return token == JsonToken.VALUE_TRUE;
  }

  private long whole(JsonParser json, long least, long most) {
    if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
      throw unexpected(Tokens.shown(json));
    }
    if (json.getNumberType() != NumberType.BIG_INTEGER) {
      long value = json.getLongValue();
      if (value >= least && value <= most) {
        return value;
      }
    }
    throw outOfRange(json, Long.toString(least), Long.toString(most));
  }

  private long unsigned(JsonParser json) {
    if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
      throw unexpected(Tokens.shown(json));
    }
    if (json.getNumberType() == NumberType.BIG_INTEGER) {
      var value = json.getBigIntegerValue();
      if (value.signum() >= 0 && value.bitLength() <= Long.SIZE) {
        return value.longValue();
      }
    } else if (json.getLongValue() >= 0) {
      return json.getLongValue();
    }
    throw outOfRange(json, "0", "18446744073709551615");
  }

  private float single(JsonParser json) {
    if (!Tokens.isNumber(json)) {
      throw unexpected(Tokens.shown(json));
    }
    float value = json.getFloatValue();
    if (Float.isInfinite(value) && !json.isNaN()) {
      throw tooLarge(Tokens.shown(json));
    }
    return value;
  }

  private double real(JsonParser json) {
    if (!Tokens.isNumber(json)) {
      throw unexpected(Tokens.shown(json));
    }
    double value = json.getDoubleValue();
    if (Double.isInfinite(value) && !json.isNaN()) {
      throw tooLarge(Tokens.shown(json));
    }
    return value;
  }

  private void half(float value, String shown) {
    boolean brain = type == DataType.BF16;
    short bits = brain ? HalfFloats.toBrain(value) : Float.floatToFloat16(value);
    float kept = brain ? HalfFloats.fromBrain(bits) : Float.float16ToFloat(bits);
    if (Float.isInfinite(kept) && Float.isFinite(value)) {
      throw tooLarge(shown);
    }
    target.writeShortLE(bits);
  }

  private void bytes(JsonParser json) {
    if (json.currentToken() == JsonToken.START_OBJECT) {
      json.nextToken();
      readBase64(json);
    } else if (json.currentToken() == JsonToken.VALUE_STRING) {
      append(utf8(json.getString()));
    } else {
      throw unexpected(Tokens.shown(json));
    }
  }

  /** Half a surrogate pair would reach the model as something else than the client meant. */
  private static byte[] utf8(String text) {
    try {
      var encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      var bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return bytes;
    } catch (CharacterCodingException _) {
      throw new UnfitValueException(
          "a string with half a surrogate pair, which UTF-8 cannot carry");
    }
  }

  private void append(byte[] bytes) {
    memory.reserve(target, (long) LENGTH_BYTES + bytes.length);
    target.writeIntLE(bytes.length).writeBytes(bytes);
  }

  private UnfitValueException unexpected(String found) {
    var expected =
        switch (type) {
          case BOOL -> "true or false";
          case BYTES -> "a string or {\"b64\": \"…\"}";
          case FP16, BF16, FP32, FP64 -> "a number";
          case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> "a whole number";
        };
    return new UnfitValueException("%s takes %s, not %s".formatted(type, expected, found));
  }

  private UnfitValueException outOfRange(JsonParser json, String least, String most) {
    return new UnfitValueException(
        "%s takes whole numbers from %s to %s, not %s"
            .formatted(type, least, most, Tokens.shown(json)));
  }

  private UnfitValueException tooLarge(String shown) {
    return new UnfitValueException("%s is too large for %s".formatted(shown, type));
  }

  private static UnfitValueException notBase64() {
    return new UnfitValueException("an object stands for bytes only as {\"b64\": \"…\"}");
  }
}
