package dev.millrace.serving.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.InferTensorContents;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferInputTensor;
import dev.millrace.serving.api.oip.grpc.DecodedInfer.Form;
import dev.millrace.serving.api.sharedmemory.RegionDescription;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Inputs in shared memory, beside those in a message. */
class SharedInputsTest {
  private static final int LIMIT_BYTES = 64;

  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
  @TempDir private Path folder;
  private SharedRegions regions;
  private InferDecoder decoder;

  @BeforeEach
  void register() throws IOException {
    Files.write(folder.resolve("file"), new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
    Files.write(folder.resolve("large"), new byte[256]);
    regions = SharedRegions.in(folder);
    regions.register(new RegionDescription("r", "/file", 0, 8));
    regions.register(new RegionDescription("large", "/large", 0, 256));
    decoder = new InferDecoder(allocator, regions, LIMIT_BYTES);
  }

  @AfterEach
  void nothingLeaks() {
    assertThat(allocator.metric().usedDirectMemory()).isZero();
    regions.close();
  }

  @Test
  void skipsSharedInputsInTheOrderOfRawContents() {
    var request =
        decoder.decode(
            message(input(1), shared("r", 2, 0), input(1), shared("r", 1, 7)).toBuilder()
                .addRawInputContents(ByteString.copyFrom(new byte[] {11}))
                .addRawInputContents(ByteString.copyFrom(new byte[] {12}))
                .build(),
            RequestOptions.NONE);
    assertThat(request.form()).isEqualTo(Form.RAW);
    assertThat(bytes(request, 0)).containsExactly(11);
    assertThat(bytes(request, 1)).containsExactly(1, 2);
    assertThat(bytes(request, 2)).containsExactly(12);
    assertThat(bytes(request, 3)).containsExactly(8);
    request.release();
  }

  @Test
  void answersRawWhereNothingIsInTheMessageAndTypedWhereSomethingTypedIs() {
    var all = decoder.decode(message(shared("r", 2, 0)), RequestOptions.NONE);
    assertThat(all.form()).isEqualTo(Form.RAW);
    all.release();
    var typed = input(1).setContents(InferTensorContents.newBuilder().addUintContents(9));
    var mixed = decoder.decode(message(shared("r", 2, 0), typed), RequestOptions.NONE);
    assertThat(mixed.form()).isEqualTo(Form.TYPED);
    assertThat(bytes(mixed, 0)).containsExactly(1, 2);
    assertThat(bytes(mixed, 1)).containsExactly(9);
    mixed.release();
  }

  @Test
  void holdsAllInputsToTheLimitOfAMessage() {
    assertRefused(
        message(shared("large", 40, 0), shared("large", 40, 0)),
        InferenceFailure.TooLarge.class,
        "Input 'x' takes 40 bytes of memory, with which the inputs of the request exceed the limit of 64 bytes.");
  }

  @Test
  void refusesContentsBesideAPlace() {
    var both = shared("r", 1, 0).setContents(InferTensorContents.newBuilder().addUintContents(9));
    assertRefused(
        message(both),
        InferenceFailure.Invalid.class,
        "contents field must not be specified when using shared memory for 'x' for model 'm'. Send one of the two.");
  }

  private void assertRefused(
      ModelInferRequest message, Class<? extends InferenceFailure> kind, String text) {
    assertThatThrownBy(() -> decoder.decode(message, RequestOptions.NONE))
        .isInstanceOfSatisfying(
            InferenceException.class, refusal -> assertThat(refusal.failure()).isInstanceOf(kind))
        .hasMessageStartingWith(text);
  }

  private static byte[] bytes(DecodedInfer request, int input) {
    var data = request.request().inputs().get(input).data().duplicate();
    var bytes = new byte[data.remaining()];
    data.get(bytes);
    return bytes;
  }

  private static ModelInferRequest message(InferInputTensor.Builder... inputs) {
    var message = ModelInferRequest.newBuilder().setModelName("m");
    for (var input : inputs) {
      message.addInputs(input);
    }
    return message.build();
  }

  private static InferInputTensor.Builder input(int elements) {
    return InferInputTensor.newBuilder().setName("x").setDatatype("UINT8").addShape(elements);
  }

  private static InferInputTensor.Builder shared(String region, int elements, int offset) {
    return input(elements)
        .putParameters(
            "shared_memory_region", InferParameter.newBuilder().setStringParam(region).build())
        .putParameters(
            "shared_memory_offset", InferParameter.newBuilder().setInt64Param(offset).build())
        .putParameters(
            "shared_memory_byte_size", InferParameter.newBuilder().setInt64Param(elements).build());
  }
}
