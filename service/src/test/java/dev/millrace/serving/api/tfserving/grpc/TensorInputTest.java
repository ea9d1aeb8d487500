package dev.millrace.serving.api.tfserving.grpc;

import static dev.millrace.protocol.tfs.DataType.DT_FLOAT;
import static dev.millrace.protocol.tfs.DataType.DT_HALF;
import static dev.millrace.protocol.tfs.DataType.DT_INT32;
import static dev.millrace.protocol.tfs.DataType.DT_INT8;
import static dev.millrace.protocol.tfs.DataType.DT_STRING;
import static dev.millrace.protocol.tfs.DataType.DT_UINT16;
import static dev.millrace.protocol.tfs.DataType.DT_VARIANT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.tfs.DataType;
import dev.millrace.protocol.tfs.TensorProto;
import dev.millrace.protocol.tfs.TensorShapeProto;
import dev.millrace.protocol.tfs.TensorShapeProto.Dim;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorInputTest {
  private static final long LIMIT_BYTES = 1_000;

  @ParameterizedTest
  @EnumSource(dev.millrace.serving.tensor.DataType.class)
  void readsWhatIsAnswered(dev.millrace.serving.tensor.DataType type) {
    var tensor = new Tensor("x", type, Shape.of(2, 3), elements(type, 6));
    var read = TensorInput.of("x", TensorOutput.of(tensor), LIMIT_BYTES);
    assertThat(read.type()).isEqualTo(type);
    assertThat(read.shape()).isEqualTo(tensor.shape());
    assertThat(written(read)).isEqualTo(tensor.data());
  }

  @ParameterizedTest
  @EnumSource(
      value = dev.millrace.serving.tensor.DataType.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = "BYTES")
  void readsContentAsItLies(dev.millrace.serving.tensor.DataType type) {
    var elements = elements(type, 6);
    var proto =
        tensor(ElementTypes.of(type), 6)
            .setTensorContent(ByteString.copyFrom(elements.duplicate()));
    assertThat(written(read(proto))).isEqualTo(elements);
  }

  @Test
  void repeatsTheLastElementOfAShorterList() {
    assertThat(hex(tensor(DT_INT32, 4).addIntVal(1).addIntVal(-2)))
        .isEqualTo("01000000" + "feffffff".repeat(3));
    assertThat(hex(tensor(DT_HALF, 3).addHalfVal(0x3c00))).isEqualTo("003c003c003c");
    assertThat(hex(tensor(DT_STRING, 3).addStringVal(ByteString.copyFromUtf8("a"))))
        .isEqualTo("0100000061".repeat(3));
  }

  @Test
  void takesZerosWhereThereIsNoElement() {
    assertThat(hex(tensor(DT_FLOAT, 2))).isEqualTo("0000000000000000");
    assertThat(hex(tensor(DT_STRING, 2))).isEqualTo("0000000000000000");
  }

  @Test
  void takesScalarsAndEmptyTensors() {
    assertThat(hex(tensor(DT_FLOAT).addFloatVal(1))).isEqualTo("0000803f");
    assertThat(hex(TensorProto.newBuilder().setDtype(DT_FLOAT).addFloatVal(1)))
        .isEqualTo("0000803f");
    assertThat(hex(tensor(DT_FLOAT, 0, 5))).isEmpty();
    assertThat(hex(tensor(DT_STRING, 0))).isEmpty();
  }

  @Test
  void readsStringsOutOfContent() {
    var content = ByteString.copyFrom(HexFormat.of().parseHex("020001" + "6162" + "00"));
    assertThat(hex(tensor(DT_STRING, 3).setTensorContent(content)))
        .isEqualTo("020000006162" + "00000000" + "0100000000");
  }

  @Test
  void refusesContentThatIsNotSoManyStrings() {
    var text =
        "Input 'x' has %d bytes in tensor_content, which are not the lengths and then the bytes of %d strings.";
    assertRefused(content(DT_STRING, "0261", 1), text.formatted(2, 1));
    assertRefused(content(DT_STRING, "016162", 1), text.formatted(3, 1));
    assertRefused(content(DT_STRING, "0161", 9), text.formatted(2, 9));
    assertRefused(content(DT_STRING, "ffffffff0f", 1), text.formatted(5, 1));
  }

  @Test
  void refusesWhatContradictsItself() {
    assertRefused(
        content(DT_FLOAT, "00000000", 2),
        "Input 'x' has 4 bytes in tensor_content; its shape [2] of DT_FLOAT is 8 bytes. Send exactly the elements of the shape.");
    assertRefused(
        tensor(DT_INT32, 1).addIntVal(1).addIntVal(2),
        "Input 'x' has 2 elements in int_val; its shape is 1 elements.");
    assertRefused(
        tensor(DT_FLOAT, 1).addDoubleVal(1),
        "Input 'x' is DT_FLOAT but has elements in the list of another type. Send them in float_val.");
    assertRefused(
        content(DT_INT32, "00000000", 1).addIntVal(1),
        "Input 'x' has both tensor_content and int_val. Send one of the two.");
    assertRefused(
        tensor(DT_INT8, 2).addIntVal(1).addIntVal(128),
        "Input 'x' has 128 at index 1 of int_val; INT8 goes from -128 to 127.");
    assertRefused(
        tensor(DT_UINT16, 1).addIntVal(-1),
        "Input 'x' has -1 at index 0 of int_val; UINT16 goes from 0 to 65535.");
    assertRefused(
        tensor(DT_VARIANT, 1), "Input 'x' has dtype DT_VARIANT (21), which no model here takes.");
    assertRefused(
        tensor(DT_FLOAT, -1),
        "Input 'x' has dimension -1 in its shape; the shape of a request has no negative dimension.");
    assertRefused(
        TensorProto.newBuilder()
            .setDtype(DT_FLOAT)
            .setTensorShape(TensorShapeProto.newBuilder().setUnknownRank(true)),
        "Input 'x' has a shape of unknown rank; send its dimensions.");
    assertRefused(
        tensor(DT_FLOAT, 1L << 40, 1L << 40),
        "Input 'x' has shape [1099511627776, 1099511627776], more elements than can be counted.");
  }

  @Test
  void takesNoMoreMemoryThanIsLeftForOneElementThatIsRepeated() {
    for (var proto :
        new TensorProto.Builder[] {
          tensor(DT_FLOAT, 251).addFloatVal(1),
          tensor(DT_FLOAT, 1L << 62).addFloatVal(1),
          tensor(DT_STRING, 11).addStringVal(ByteString.copyFrom(new byte[100])),
        }) {
      assertThatThrownBy(() -> read(proto))
          .isInstanceOfSatisfying(
              InferenceException.class,
              refusal ->
                  assertThat(refusal.failure()).isInstanceOf(InferenceFailure.TooLarge.class))
          .hasMessageContaining("but only 1000 are left of the limit of a request.");
    }
    assertThat(read(tensor(DT_FLOAT, 250).addFloatVal(1)).sizeBytes()).isEqualTo(1_000);
  }

  private static void assertRefused(TensorProto.Builder proto, String message) {
    assertThatThrownBy(() -> written(read(proto)))
        .isInstanceOfSatisfying(
            InferenceException.class,
            refusal -> assertThat(refusal.failure()).isInstanceOf(InferenceFailure.Invalid.class))
        .hasMessage(message);
  }

  private static TensorProto.Builder content(DataType type, String hex, long... shape) {
    return tensor(type, shape).setTensorContent(ByteString.copyFrom(HexFormat.of().parseHex(hex)));
  }

  private static TensorProto.Builder tensor(DataType type, long... shape) {
    var proto = TensorShapeProto.newBuilder();
    for (long dimension : shape) {
      proto.addDim(Dim.newBuilder().setSize(dimension));
    }
    return TensorProto.newBuilder().setDtype(type).setTensorShape(proto);
  }

  private static TensorInput read(TensorProto.Builder proto) {
    return TensorInput.of("x", proto.build(), LIMIT_BYTES);
  }

  private static String hex(TensorProto.Builder proto) {
    return HexFormat.of().formatHex(written(read(proto)).array());
  }

  private static ByteBuffer written(TensorInput input) {
    var target = ByteBuffer.allocate(input.sizeBytes()).order(ByteOrder.LITTLE_ENDIAN);
    input.write(target);
    assertThat(target.hasRemaining()).isFalse();
    return target.flip();
  }

  private static ByteBuffer elements(dev.millrace.serving.tensor.DataType type, int count) {
    var random = new SplittableRandom(3);
    var data = ByteBuffer.allocate(count * 8).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      switch (type) {
        case BOOL -> data.put((byte) (i % 2));
        case BYTES -> data.putInt(2).put((byte) i).put((byte) 0xFF);
        // NaNs may lose their payload on the way through floats.
        case FP32 -> data.putFloat((float) random.nextDouble());
        case FP64 -> data.putDouble(random.nextDouble());
        case UINT8, INT8 -> data.put((byte) random.nextInt());
        case UINT16, INT16, FP16, BF16 -> data.putShort((short) random.nextInt());
        case UINT32, INT32 -> data.putInt(random.nextInt());
        case UINT64, INT64 -> data.putLong(random.nextLong());
      }
    }
    return data.flip();
  }
}
