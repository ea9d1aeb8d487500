package dev.millrace.serving.api.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.core.JsonParser;

/** What is printed of any tensor reads as the same tensor, bit for bit. */
class RoundTripTest {
  private static final String[] TEXTS = {"", "a", "ä€😀", "\"\\/\n\u0000", "x".repeat(300)};

  private final Random random = new Random(42);

  @ParameterizedTest
  @EnumSource(DataType.class)
  void columnsComeBack(DataType type) {
    for (int round = 0; round < 50; round++) {
      var tensor = random(type, "x", shape(random.nextInt(5)));
      var json = Reading.written(PredictOutputs::columns, tensor);
      Reading.read(
          "{\"inputs\":" + json + "}",
          (body, memory) -> read(body, tensor, memory, PredictInputs::inputs),
          inputs -> assertSame(inputs.getFirst(), tensor));
    }
  }

  @ParameterizedTest
  @EnumSource(DataType.class)
  void rowsOfSeveralTensorsComeBack(DataType type) {
    for (int round = 0; round < 20; round++) {
      var first = random(type, "a_bytes", Shape.of(3, 1 + random.nextInt(3)));
      var second = random(type, "b", Shape.of(3));
      var json = Reading.written(PredictOutputs::rows, first, second);
      var signature = new Signature(List.of(spec(first), spec(second)), List.of());
      Reading.read(
          "{\"instances\":" + json + "}",
          (body, memory) -> {
            var read = new ArrayList<Tensor>();
            JsonBody.read(
                body,
                "",
                (_, parser) -> read.addAll(PredictInputs.instances(parser, signature, memory)));
            return read;
          },
          inputs -> {
            assertSame(inputs.get(0), first);
            assertSame(inputs.get(1), second);
          });
    }
  }

  private interface Form {
    List<Tensor> read(JsonParser json, Signature signature, RequestTensors memory);
  }

  private static List<Tensor> read(ByteBuf body, Tensor like, RequestTensors memory, Form form) {
    var read = new ArrayList<Tensor>();
    var signature = new Signature(List.of(spec(like)), List.of());
    JsonBody.read(body, "", (_, json) -> read.addAll(form.read(json, signature, memory)));
    return read;
  }

  private static TensorSpec spec(Tensor like) {
    return new TensorSpec(like.name(), like.type(), like.shape());
  }

  private static void assertSame(Tensor actual, Tensor expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    assertThat(Reading.bytes(actual)).isEqualTo(Reading.bytes(expected));
  }

  private Shape shape(int rank) {
    var dimensions = new long[rank];
    for (int i = 0; i < rank; i++) {
      dimensions[i] = random.nextLong(1, 5);
    }
    return Shape.of(dimensions);
  }

  private Tensor random(DataType type, String name, Shape shape) {
    int count = (int) shape.elementCount();
    var data = ByteBuffer.allocate(count * 400).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      put(type, data);
    }
    return new Tensor(name, type, shape, data.flip().slice().order(ByteOrder.LITTLE_ENDIAN));
  }

  /** Not a number is printed without its bits, so only the usual one comes back. */
  private void put(DataType type, ByteBuffer data) {
    switch (type) {
      case BOOL -> data.put((byte) random.nextInt(2));
      case UINT8, INT8 -> data.put((byte) random.nextInt());
      case UINT16, INT16 -> data.putShort((short) random.nextInt());
      case UINT32, INT32 -> data.putInt(random.nextInt());
      case UINT64, INT64 -> data.putLong(random.nextLong());
      case FP16 -> data.putShort(half());
      case BF16 -> data.putShort(brain());
      case FP32 -> data.putInt(Float.floatToIntBits(Float.intBitsToFloat(random.nextInt())));
      case FP64 ->
          data.putLong(Double.doubleToLongBits(Double.longBitsToDouble(random.nextLong())));
      case BYTES -> putText(data);
    }
  }

  private short half() {
    short bits = (short) random.nextInt();
    return Float.isNaN(Float.float16ToFloat(bits)) ? Float.floatToFloat16(Float.NaN) : bits;
  }

  private short brain() {
    short bits = (short) random.nextInt();
    return Float.isNaN(HalfFloats.fromBrain(bits)) ? HalfFloats.toBrain(Float.NaN) : bits;
  }

  private void putText(ByteBuffer data) {
    var bytes =
        random.nextInt(4) == 0
            ? new byte[] {(byte) 0xff, 0, (byte) random.nextInt()}
            : TEXTS[random.nextInt(TEXTS.length)].getBytes(StandardCharsets.UTF_8);
    data.putInt(bytes.length).put(bytes);
  }
}
