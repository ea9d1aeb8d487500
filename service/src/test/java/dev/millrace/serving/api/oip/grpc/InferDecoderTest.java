package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.api.oip.grpc.Messages.contents;
import static dev.millrace.serving.api.oip.grpc.Messages.input;
import static dev.millrace.serving.api.oip.grpc.Messages.raw;
import static dev.millrace.serving.api.oip.grpc.Messages.typed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.InferTensorContents;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferRequestedOutputTensor;
import dev.millrace.serving.api.oip.grpc.DecodedInfer.Form;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class InferDecoderTest {
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
  private final InferDecoder decoder = new InferDecoder(allocator, SharedRegions.off(), 1 << 20);

  @AfterEach
  void everyRefusalGivesItsMemoryBack() {
    assertThat(allocator.metric().usedDirectMemory()).isZero();
  }

  @Test
  void putsRawBytesIntoDirectLittleEndianMemoryAsTheyAre() {
    var tensor = onlyInput(raw(input("FP32", 1, 2), "0000803f000000c0"));
    assertThat(tensor.name()).isEqualTo("x");
    assertThat(tensor.type()).isEqualTo(DataType.FP32);
    assertThat(tensor.shape()).isEqualTo(Shape.of(1, 2));
  }

  @ParameterizedTest
  @MethodSource
  void writesTypedContentsAsLittleEndianBytes(
      String datatype, InferTensorContents.Builder contents, String expectedHex) {
    var decoded = decoder.decode(typed(input(datatype, 2), contents), RequestOptions.NONE);
    assertThat(hex(decoded.request().inputs().getFirst())).isEqualTo(expectedHex);
    assertThat(decoded.form()).isEqualTo(Form.TYPED);
    decoded.memory().release();
  }

  static Stream<Arguments> writesTypedContentsAsLittleEndianBytes() {
    return Stream.of(
        Arguments.of("BOOL", contents().addBoolContents(true).addBoolContents(false), "0100"),
        Arguments.of("INT8", contents().addIntContents(-1).addIntContents(127), "ff7f"),
        Arguments.of("INT16", contents().addIntContents(-2).addIntContents(258), "feff0201"),
        Arguments.of("INT32", contents().addIntContents(1).addIntContents(-1), "01000000ffffffff"),
        Arguments.of(
            "INT64",
            contents().addInt64Contents(1).addInt64Contents(-1),
            "0100000000000000ffffffffffffffff"),
        Arguments.of("UINT8", contents().addUintContents(255).addUintContents(0), "ff00"),
        Arguments.of("UINT16", contents().addUintContents(65535).addUintContents(1), "ffff0100"),
        Arguments.of(
            "UINT32", contents().addUintContents(-1).addUintContents(1), "ffffffff01000000"),
        Arguments.of(
            "UINT64",
            contents().addUint64Contents(-1).addUint64Contents(2),
            "ffffffffffffffff0200000000000000"),
        Arguments.of("FP32", contents().addFp32Contents(1).addFp32Contents(-2), "0000803f000000c0"),
        Arguments.of(
            "FP64",
            contents().addFp64Contents(1).addFp64Contents(-2),
            "000000000000f03f00000000000000c0"),
        Arguments.of(
            "BYTES",
            contents()
                .addBytesContents(ByteString.copyFromUtf8("ab"))
                .addBytesContents(ByteString.EMPTY),
            "02000000616200000000"));
  }

  @Test
  void takesByteStringsWithTheirLengthsInTheRawForm() {
    var tensor = onlyInput(raw(input("BYTES", 2), "02000000616200000000"));
    assertThat(tensor.type()).isEqualTo(DataType.BYTES);
  }

  @Test
  void takesSixteenBitFloatsInTheRawFormOnly() {
    assertThat(onlyInput(raw(input("FP16", 1), "003c")).type()).isEqualTo(DataType.FP16);
    assertRefused(
        typed(input("FP16", 1), contents().addFp32Contents(1)),
        InferenceFailure.Unsupported.class,
        "Input 'x' of datatype FP16 has no typed contents in the protocol; send its bytes in raw_input_contents.");
  }

  @Test
  void takesAnInputWithoutElementsInBothForms() {
    assertThat(onlyInput(raw(input("FP32", 0, 3), "")).shape()).isEqualTo(Shape.of(0, 3));
    assertThat(onlyInput(typed(input("FP32", 0, 3), contents())).shape()).isEqualTo(Shape.of(0, 3));
  }

  @Test
  void takesAnEmptyVersionForTheLiveOneAndKeepsTheOrderOfOutputs() {
    var message =
        ModelInferRequest.newBuilder()
            .setModelName("m")
            .addOutputs(InferRequestedOutputTensor.newBuilder().setName("b"))
            .addOutputs(InferRequestedOutputTensor.newBuilder().setName("a"));
    var live = decode(message.build());
    assertThat(live.version()).isNull();
    assertThat(live.outputs()).containsExactly("b", "a");
    assertThat(decode(message.setModelVersion("7").build()).version()).isEqualTo("7");
  }

  @ParameterizedTest
  @MethodSource
  void refusesAValueThatItsTypeCannotHold(
      String datatype, InferTensorContents.Builder contents, String expected) {
    assertRefused(typed(input(datatype, 1), contents), InferenceFailure.Invalid.class, expected);
  }

  static Stream<Arguments> refusesAValueThatItsTypeCannotHold() {
    return Stream.of(
        Arguments.of(
            "INT8",
            contents().addIntContents(128),
            "Input 'x' has the value 128 at element 0; INT8 goes from -128 to 127."),
        Arguments.of(
            "INT16",
            contents().addIntContents(-32769),
            "Input 'x' has the value -32769 at element 0; INT16 goes from -32768 to 32767."),
        Arguments.of(
            "UINT8",
            contents().addUintContents(256),
            "Input 'x' has the value 256 at element 0; UINT8 goes from 0 to 255."),
        Arguments.of(
            "UINT16",
            contents().addUintContents(-1),
            "Input 'x' has the value 4294967295 at element 0; UINT16 goes from 0 to 65535."));
  }

  @ParameterizedTest
  @MethodSource
  void refusesAMessageThatContradictsItself(ModelInferRequest message, String expected) {
    assertRefused(message, InferenceFailure.Invalid.class, expected);
  }

  static Stream<Arguments> refusesAMessageThatContradictsItself() {
    return Stream.of(
        Arguments.of(
            raw(input("FP32", 1, 2), "0000803f"),
            "Input 'x' has 4 bytes in raw_input_contents; its shape [1, 2] is 2 elements of FP32, 4 bytes each. Send exactly the elements of the shape."),
        Arguments.of(
            typed(input("FP32", 2), contents().addFp32Contents(1)),
            "Input 'x' has 1 elements in fp32_contents; its shape [2] is 2 elements."),
        Arguments.of(
            typed(input("FP32", 1), contents().addFp64Contents(1)),
            "Input 'x' of datatype FP32 has its elements in fp64_contents; put them into fp32_contents."),
        Arguments.of(
            raw(input("FP33", 1), "00000000"),
            "Input 'x' has datatype 'FP33'; the protocol has [BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, BF16, FP32, FP64, BYTES]."),
        Arguments.of(
            raw(input("FP32", -1), "00000000"),
            "Input 'x' has shape [-1]; the shape of a request has no negative dimension."),
        Arguments.of(
            raw(input("FP32", Long.MAX_VALUE, 4), "00000000"),
            "Input 'x' has shape [9223372036854775807, 4], more elements than can be counted."),
        Arguments.of(
            raw(input("BYTES", 1), "0500000061"),
            "Input 'x' ends inside a byte string at byte 0 of 5 in raw_input_contents. Put its length as four little-endian bytes before each string."),
        Arguments.of(
            raw(input("BYTES", 1), "ffffffff"),
            "Input 'x' ends inside a byte string at byte 0 of 4 in raw_input_contents. Put its length as four little-endian bytes before each string."),
        Arguments.of(
            raw(input("BYTES", 2), "0100000061"),
            "Input 'x' has 1 byte strings in raw_input_contents; its shape [2] is 2 elements."),
        Arguments.of(
            raw(input("FP32", 1).setContents(contents().addFp32Contents(1)), "00000000"),
            "contents field must not be specified when using raw_input_contents for 'x' for model 'm'. Send one of the two."),
        Arguments.of(
            raw(input("FP32", 1), "00000000").toBuilder()
                .addRawInputContents(ByteString.EMPTY)
                .build(),
            "The request for model 'm' has 1 inputs but 2 raw_input_contents; send one for each input, in their order."));
  }

  @Test
  void refusesSharedMemory() {
    var region = InferParameter.newBuilder().setStringParam("r").build();
    assertRefused(
        raw(input("FP32", 1).putParameters("shared_memory_region", region), "00000000"),
        InferenceFailure.Unsupported.class,
        "Tensor 'x' asks for shared memory, which is off here; send the data in the message.");
    var output =
        InferRequestedOutputTensor.newBuilder()
            .setName("y")
            .putParameters("shared_memory_region", region);
    assertRefused(
        ModelInferRequest.newBuilder().addOutputs(output).build(),
        InferenceFailure.Unsupported.class,
        "Tensor 'y' asks for shared memory, which is off here; send the data in the message.");
  }

  @Test
  void readsHowManyClassesOfAnOutputAreWanted() {
    var message =
        raw(input("FP32", 1), "00000000").toBuilder()
            .addOutputs(classes(InferParameter.newBuilder().setInt64Param(3)))
            .addOutputs(InferRequestedOutputTensor.newBuilder().setName("z"))
            .build();
    var decoded = decoder.decode(message, RequestOptions.NONE);
    decoded.memory().release();
    assertThat(decoded.classes().byOutput()).containsExactly(Map.entry("y", 3));
    assertThat(decoded.request().outputs()).containsExactly("y", "z");
  }

  @Test
  void refusesANumberOfClassesThatIsNone() {
    assertRefused(
        ModelInferRequest.newBuilder()
            .addOutputs(classes(InferParameter.newBuilder().setInt64Param(0)))
            .build(),
        InferenceFailure.Invalid.class,
        "invalid value for 'classification' parameter, expected >= 0; output 'y' asks for 0 classes, send 1 or more.");
    assertRefused(
        ModelInferRequest.newBuilder()
            .addOutputs(classes(InferParameter.newBuilder().setBoolParam(true)))
            .build(),
        InferenceFailure.Invalid.class,
        "invalid value type for 'classification' parameter, expected int64_param; output 'y' has bool_param: true.");
  }

  private static InferRequestedOutputTensor.Builder classes(InferParameter.Builder wanted) {
    return InferRequestedOutputTensor.newBuilder()
        .setName("y")
        .putParameters("classification", wanted.build());
  }

  private void assertRefused(
      ModelInferRequest message, Class<? extends InferenceFailure> kind, String text) {
    assertThatThrownBy(() -> decoder.decode(message, RequestOptions.NONE))
        .hasMessage(text)
        .isInstanceOfSatisfying(
            InferenceException.class, refusal -> assertThat(refusal.failure()).isInstanceOf(kind));
  }

  private InferenceRequest decode(ModelInferRequest message) {
    var decoded = decoder.decode(message, RequestOptions.NONE);
    decoded.memory().release();
    return decoded.request();
  }

  /** Checks the bytes against the raw ones of the message, and gives the memory back. */
  private Tensor onlyInput(ModelInferRequest message) {
    var decoded = decoder.decode(message, RequestOptions.NONE);
    var tensor = decoded.request().inputs().getFirst();
    assertThat(tensor.data().isDirect()).isTrue();
    if (message.getRawInputContentsCount() > 0) {
      assertThat(hex(tensor))
          .isEqualTo(HexFormat.of().formatHex(message.getRawInputContents(0).toByteArray()));
    }
    decoded.memory().release();
    return tensor;
  }

  private static String hex(Tensor tensor) {
    var bytes = new byte[tensor.data().remaining()];
    tensor.data().duplicate().get(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
