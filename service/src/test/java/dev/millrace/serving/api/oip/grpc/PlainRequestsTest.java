package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.api.oip.grpc.Messages.input;
import static dev.millrace.serving.api.oip.grpc.Messages.raw;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferRequestedOutputTensor;
import dev.millrace.serving.api.oip.grpc.DecodedInfer.Form;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is read here must be what the generated parser and {@link InferDecoder} read. */
class PlainRequestsTest {
  private static final int MESSAGES = 5_000;

  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
  private final PlainRequests plain = new PlainRequests(allocator);
  private final InferDecoder reference = new InferDecoder(allocator, SharedRegions.off(), 1 << 20);
  private final Random random = new Random(42);
  private final WireMessages messages = new WireMessages(random);

  @AfterEach
  void allMemoryIsGivenBack() {
    assertThat(allocator.metric().usedDirectMemory()).isZero();
  }

  @Test
  void takesWhatClientsSend() throws IOException {
    var message =
        raw(input("FP32", 1, 2), "0000803f000000c0").toBuilder()
            .setModelVersion("7")
            .setId("q")
            .addOutputs(InferRequestedOutputTensor.newBuilder().setName("y"))
            .build();
    var stream = WireMessages.arrived(message.toByteArray(), 1_000);
    var decoded = Objects.requireNonNull(plain.read(stream, 5));
    assertThat(decoded.id()).isEqualTo("q");
    assertThat(decoded.request().deadlineNanos()).isEqualTo(5);
    assertThat(decoded.request().outputs()).containsExactly("y");
    assertThat(decoded.request().inputs().getFirst().data().isDirect()).isTrue();
    assertThat(decoded.form()).isEqualTo(Form.RAW);
    decoded.memory().release();
  }

  @Test
  void takesEveryPlainMessageInAnyOrderAndAnyPieces() throws IOException {
    for (int i = 0; i < MESSAGES; i++) {
      var message = messages.plain();
      assertThat(isTakenRight(message, WireMessages.arrived(message, pieceBytes(message))))
          .as("message %d", i)
          .isTrue();
    }
  }

  @Test
  void readsDamagedAndUnusualMessagesAsTheGeneratedParserDoesOrLeavesThemToIt() throws IOException {
    int left = 0;
    for (int i = 0; i < MESSAGES; i++) {
      var message = messages.damaged(messages.plain());
      left += isTakenRight(message, WireMessages.arrived(message, pieceBytes(message))) ? 0 : 1;
    }
    assertThat(left).isBetween(MESSAGES / 3, MESSAGES);
  }

  @ParameterizedTest
  @MethodSource
  void leavesOtherKindsToTheGeneratedParser(ModelInferRequest message) throws IOException {
    var bytes = message.toByteArray();
    assertThat(isTakenRight(bytes, WireMessages.arrived(bytes, 1_000))).isFalse();
    assertThat(isTakenRight(bytes, WireMessages.arrived(bytes, 7))).isFalse();
  }

  static Stream<ModelInferRequest> leavesOtherKindsToTheGeneratedParser() {
    var one = InferParameter.newBuilder().setInt64Param(1).build();
    var number = raw(input("FP32", 1), "0000803f");
    return Stream.of(
        ModelInferRequest.getDefaultInstance(),
        number.toBuilder().clearRawInputContents().build(),
        number.toBuilder().putParameters("priority", one).build(),
        number.toBuilder().addRawInputContents(ByteString.EMPTY).build(),
        number.toBuilder().setModelName("größer").build(),
        raw(input("FP32", 2), "0000803f"),
        raw(input("FP32", -1, -1), "0000803f"),
        raw(input("FP33", 1), "0000803f"),
        raw(input("FP32", 1L << 62, 4), "0000803f"),
        raw(input("BYTES", 1), "0100000061"),
        raw(input("FP32", 1).putParameters("shared_memory_region", one), "0000803f"),
        Messages.typed(input("FP32", 1), Messages.contents().addFp32Contents(1)));
  }

  @Test
  void leavesAMessageWithTooManyTensors() throws IOException {
    var message = ModelInferRequest.newBuilder();
    for (int i = 0; i <= MessageLimits.MAX_TENSORS; i++) {
      message.addInputs(input("FP32", 0)).addRawInputContents(ByteString.EMPTY);
    }
    var bytes = message.build().toByteArray();
    assertThat(isTakenRight(bytes, WireMessages.arrived(bytes, 1_000))).isFalse();
  }

  @Test
  void leavesAStreamWithoutBuffersAlone() throws IOException {
    var bytes = raw(input("FP32", 1), "0000803f").toByteArray();
    assertThat(isTakenRight(bytes, new ByteArrayInputStream(bytes))).isFalse();
  }

  @Test
  void alignsEachInput() throws IOException {
    var message = raw(input("INT8", 1), "01").toBuilder();
    for (int i = 0; i < 100; i++) {
      message.addInputs(input("INT8", 1)).addRawInputContents(ByteString.copyFrom(new byte[1]));
    }
    var bytes = message.build().toByteArray();
    var decoded = Objects.requireNonNull(plain.read(WireMessages.arrived(bytes, 16), 0));
    assertThat(decoded.request().inputs())
        .allSatisfy(input -> assertThat(input.data().alignmentOffset(0, 8)).isZero());
    decoded.memory().release();
  }

  /** gRPC puts more than a thousand small pieces together, without buffers that can be read. */
  private int pieceBytes(byte[] message) {
    int bytes = random.nextInt(4) == 0 ? random.nextInt(1, 20) : random.nextInt(20, 5_000);
    return Math.max(bytes, message.length / 900 + 1);
  }

  /** Whether it is taken; if so it must be right, and else the stream must be whole. */
  private boolean isTakenRight(byte[] message, InputStream stream) throws IOException {
    var read = plain.read(stream, Long.MAX_VALUE);
    if (read == null) {
      assertThat(stream.readAllBytes()).isEqualTo(message);
      return false;
    }
    var expected = reference.decode(ModelInferRequest.parseFrom(message), RequestOptions.NONE);
    assertThat(read.request()).isEqualTo(expected.request());
    assertThat(read.id()).isEqualTo(expected.id());
    assertThat(read.form()).isEqualTo(expected.form());
    read.memory().release();
    expected.memory().release();
    return true;
  }
}
