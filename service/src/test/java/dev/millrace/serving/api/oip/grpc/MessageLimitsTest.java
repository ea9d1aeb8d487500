package dev.millrace.serving.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.millrace.protocol.oip.InferTensorContents;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferInputTensor;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class MessageLimitsTest {
  private static final int PARSED_LIMIT = 40_000;

  private final MessageLimits limits = new MessageLimits(PARSED_LIMIT);

  @ParameterizedTest
  @CsvSource({"5,inputs", "6,outputs", "7,raw_input_contents"})
  void countsEachKindOfTensorInTheBytes(int field, String name) throws IOException {
    var most = emptyFields(field, 1_024);
    assertThat(limits.checked(new ByteArrayInputStream(most)).readAllBytes()).isEqualTo(most);
    assertThatThrownBy(() -> limits.checked(new ByteArrayInputStream(emptyFields(field, 1_025))))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageStartingWith("INVALID_ARGUMENT: '" + name + "' has more than 1024 elements");
  }

  @Test
  void handsALargeMessageOnFromItsBeginning() throws IOException {
    var message =
        ModelInferRequest.newBuilder()
            .addRawInputContents(ByteString.copyFrom(new byte[100_000]))
            .build();
    var checked = limits.checked(message.toByteString().newInput());
    assertThat(ModelInferRequest.parseFrom(checked)).isEqualTo(message);
  }

  @Test
  void leavesDamagedMessagesToTheParser() throws IOException {
    var damaged = new byte[] {0x2a, 0, 0x2a, 100};
    assertThat(limits.checked(new ByteArrayInputStream(damaged)).readAllBytes()).isEqualTo(damaged);
  }

  @Test
  void saysWhyAMessageCannotBeRead() throws IOException {
    var closed = InputStream.nullInputStream();
    closed.close();
    assertThatThrownBy(() -> limits.checked(closed))
        .hasMessage("INVALID_ARGUMENT: The message cannot be read: Stream closed");
  }

  @ParameterizedTest
  @MethodSource("growing")
  void refusesInputsThatAreSmallOnlyOnTheWire(InferInputTensor input) throws IOException {
    var fits = message(input, 1);
    assertThat(limits.checked(fits.newInput()).readAllBytes()).isEqualTo(fits.toByteArray());
    assertThat(message(input, 2).size()).as("bytes on the wire").isLessThan(PARSED_LIMIT / 2);
    assertThatThrownBy(() -> limits.checked(message(input, 2).newInput()))
        .hasMessageStartingWith(
            "RESOURCE_EXHAUSTED: The inputs take more than 40000 bytes of memory, the limit");
  }

  /** Each takes more than half of the limit in memory. */
  static Stream<InferInputTensor> growing() {
    return Stream.of(
        InferInputTensor.newBuilder().addAllShape(Collections.nCopies(2_600, 1L)).build(),
        typed(contents -> contents.addAllIntContents(Collections.nCopies(5_100, 1))),
        typed(contents -> contents.addAllUintContents(Collections.nCopies(5_100, 1))),
        typed(contents -> contents.addAllInt64Contents(Collections.nCopies(2_600, 1L))),
        typed(contents -> contents.addAllUint64Contents(Collections.nCopies(2_600, 1L))),
        typed(
            contents -> contents.addAllBytesContents(Collections.nCopies(450, ByteString.EMPTY))));
  }

  @Test
  void countsNumbersThatAreNotPacked() throws IOException {
    var numbers = new byte[2 * 5_001];
    for (int i = 0; i < numbers.length; i += 2) {
      numbers[i] = InferTensorContents.INT64_CONTENTS_FIELD_NUMBER << 3;
    }
    assertThat(InferTensorContents.parseFrom(numbers).getInt64ContentsCount()).isEqualTo(5_001);
    var contents = field(InferInputTensor.CONTENTS_FIELD_NUMBER, numbers);
    var message = field(ModelInferRequest.INPUTS_FIELD_NUMBER, contents);
    assertThatThrownBy(() -> limits.checked(new ByteArrayInputStream(message)))
        .hasMessageStartingWith("RESOURCE_EXHAUSTED");
  }

  private static byte[] field(int number, byte[] content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var out = CodedOutputStream.newInstance(bytes);
    out.writeByteArray(number, content);
    out.flush();
    return bytes.toByteArray();
  }

  private static ByteString message(InferInputTensor input, int count) {
    return ModelInferRequest.newBuilder()
        .addAllInputs(Collections.nCopies(count, input))
        .build()
        .toByteString();
  }

  private static InferInputTensor typed(UnaryOperator<InferTensorContents.Builder> contents) {
    return InferInputTensor.newBuilder()
        .setContents(contents.apply(InferTensorContents.newBuilder()))
        .build();
  }

  private static byte[] emptyFields(int field, int count) {
    var bytes = new byte[2 * count];
    for (int i = 0; i < count; i++) {
      bytes[2 * i] = (byte) ((field << 3) | 2);
    }
    return bytes;
  }
}
