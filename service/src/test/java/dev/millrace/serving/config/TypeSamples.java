package dev.millrace.serving.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.InferTensorContents;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.tensor.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Three elements of each type, at the ends of its range and between, in each form that protocols
 * have for them.
 *
 * @param raw little-endian; BYTES after their lengths
 * @param json the elements of a JSON array; empty where JSON has no form for the type
 */
record TypeSamples(
    DataType type,
    TensorProto.DataType onnx,
    ByteString raw,
    String json,
    InferTensorContents typed) {
  private static final String TEXT = "Mühle 😀";

  /** One for each type of the protocol. */
  static List<TypeSamples> all() {
    return Stream.of(DataType.values()).map(TypeSamples::of).toList();
  }

  /**
   * The same for protocols that write all floats as numbers: those of 16 bits are a number,
   * infinity, and the negative number nearest to zero.
   */
  static List<TypeSamples> asNumbers() {
    return all().stream()
        .map(samples -> samples.is16BitFloat() ? samples.withNumbers() : samples)
        .toList();
  }

  boolean is16BitFloat() {
    return type == DataType.FP16 || type == DataType.BF16;
  }

  private TypeSamples withNumbers() {
    int infinity = type == DataType.FP16 ? 0x7c00 : 0x7f80;
    return new TypeSamples(
        type,
        onnx,
        raw(DataType.UINT16, 0x1234, infinity, 0x8001),
        "%s,Infinity,%s".formatted(value(0x1234), value(0x8001)),
        typed);
  }

  private float value(int bits) {
    return type == DataType.FP16
        ? Float.float16ToFloat((short) bits)
        : Float.intBitsToFloat(bits << 16);
  }

  /** Puts the models of all types into a directory of models. */
  static void addModels(Path models) throws IOException {
    for (var samples : all()) {
      FixtureModels.identity(
          FixtureRepository.folder(models, samples.model()), samples.onnx(), -1, 3);
    }
  }

  /** The model that answers with what it is asked. */
  String model() {
    return "identity_" + type.name().toLowerCase(Locale.ROOT);
  }

  boolean isInJson() {
    return !json.isEmpty();
  }

  private static TypeSamples of(DataType type) {
    return switch (type) {
      case BOOL -> flags();
      case INT8 -> small(type, TensorProto.DataType.INT8, -128, 127, 5);
      case INT16 -> small(type, TensorProto.DataType.INT16, -32768, 32767, 5);
      case INT32 ->
          small(type, TensorProto.DataType.INT32, Integer.MIN_VALUE, Integer.MAX_VALUE, 5);
      case UINT8 -> unsigned(type, TensorProto.DataType.UINT8, 0, 255, 128);
      case UINT16 -> unsigned(type, TensorProto.DataType.UINT16, 0, 65535, 32768);
      case UINT32 -> unsigned(type, TensorProto.DataType.UINT32, 0, 4294967295L, 2147483648L);
      case INT64 -> longs();
      case UINT64 -> unsignedLongs();
      case FP32 -> floats();
      case FP64 -> doubles();
      case FP16 -> halves(type, TensorProto.DataType.FLOAT16);
      case BF16 -> halves(type, TensorProto.DataType.BFLOAT16);
      case BYTES -> texts();
    };
  }

  private static TypeSamples flags() {
    return new TypeSamples(
        DataType.BOOL,
        TensorProto.DataType.BOOL,
        ByteString.copyFrom(new byte[] {1, 0, 1}),
        "true,false,true",
        InferTensorContents.newBuilder().addAllBoolContents(List.of(true, false, true)).build());
  }

  private static TypeSamples small(DataType type, TensorProto.DataType onnx, int... values) {
    var typed = InferTensorContents.newBuilder();
    for (int value : values) {
      typed.addIntContents(value);
    }
    return new TypeSamples(
        type, onnx, raw(type, longs(values)), text(longs(values)), typed.build());
  }

  private static TypeSamples unsigned(DataType type, TensorProto.DataType onnx, long... values) {
    var typed = InferTensorContents.newBuilder();
    for (long value : values) {
      typed.addUintContents((int) value);
    }
    return new TypeSamples(type, onnx, raw(type, values), text(values), typed.build());
  }

  private static TypeSamples longs() {
    long[] values = {Long.MIN_VALUE, Long.MAX_VALUE, 9007199254740993L};
    var typed = InferTensorContents.newBuilder();
    for (long value : values) {
      typed.addInt64Contents(value);
    }
    return new TypeSamples(
        DataType.INT64,
        TensorProto.DataType.INT64,
        raw(DataType.INT64, values),
        text(values),
        typed.build());
  }

  private static TypeSamples unsignedLongs() {
    long[] values = {0, -1, Long.MIN_VALUE};
    var typed = InferTensorContents.newBuilder();
    for (long value : values) {
      typed.addUint64Contents(value);
    }
    return new TypeSamples(
        DataType.UINT64,
        TensorProto.DataType.UINT64,
        raw(DataType.UINT64, values),
        "0,18446744073709551615,9223372036854775808",
        typed.build());
  }

  private static TypeSamples floats() {
    float[] values = {Float.MAX_VALUE, Float.MIN_VALUE, -0.1f};
    var raw = buffer(12);
    var typed = InferTensorContents.newBuilder();
    for (float value : values) {
      raw.putFloat(value);
      typed.addFp32Contents(value);
    }
    return new TypeSamples(
        DataType.FP32,
        TensorProto.DataType.FLOAT,
        ByteString.copyFrom(raw.flip()),
        "3.4028235e38,1.4e-45,-0.1",
        typed.build());
  }

  private static TypeSamples doubles() {
    double[] values = {Double.MAX_VALUE, Double.MIN_VALUE, -0.1};
    var raw = buffer(24);
    var typed = InferTensorContents.newBuilder();
    for (double value : values) {
      raw.putDouble(value);
      typed.addFp64Contents(value);
    }
    return new TypeSamples(
        DataType.FP64,
        TensorProto.DataType.DOUBLE,
        ByteString.copyFrom(raw.flip()),
        "1.7976931348623157e308,4.9e-324,-0.1",
        typed.build());
  }

  /** Of 16 bits: a number, infinity, and a NaN with a payload. */
  private static TypeSamples halves(DataType type, TensorProto.DataType onnx) {
    int infinity = type == DataType.FP16 ? 0x7c00 : 0x7f80;
    long[] bits = {0x1234, infinity, infinity | 0x8011};
    return new TypeSamples(
        type, onnx, raw(DataType.UINT16, bits), "", InferTensorContents.getDefaultInstance());
  }

  private static TypeSamples texts() {
    var strings = List.of("", TEXT, "a\0b");
    var raw = buffer(strings.stream().mapToInt(text -> 4 + text.getBytes(UTF_8).length).sum());
    var typed = InferTensorContents.newBuilder();
    for (var text : strings) {
      raw.putInt(text.getBytes(UTF_8).length).put(text.getBytes(UTF_8));
      typed.addBytesContents(ByteString.copyFromUtf8(text));
    }
    return new TypeSamples(
        DataType.BYTES,
        TensorProto.DataType.STRING,
        ByteString.copyFrom(raw.flip()),
        "\"\",\"%s\",\"a\\u0000b\"".formatted(TEXT),
        typed.build());
  }

  private static ByteString raw(DataType type, long... values) {
    var raw = buffer(values.length * type.sizeBytes());
    for (long value : values) {
      for (int at = 0; at < type.sizeBytes(); at++) {
        raw.put((byte) (value >> (8 * at)));
      }
    }
    return ByteString.copyFrom(raw.flip());
  }

  private static long[] longs(int... values) {
    return Arrays.stream(values).asLongStream().toArray();
  }

  private static String text(long... values) {
    return String.join(",", Arrays.stream(values).mapToObj(Long::toString).toList());
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
