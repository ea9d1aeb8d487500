package dev.millrace.serving.api.oip.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fuzz.RawTensor;
import dev.millrace.serving.tensor.Shape;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;

/** Binary tensors of a REST body, above all lists of strings. */
@Timeout(60)
class BinaryTensorFuzzTest {
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);

  static List<Named<byte[]>> seeds() throws IOException {
    return RawTensor.seeds();
  }

  @MethodSource("seeds")
  @FuzzTest
  void takesWhatIsWholeAndNothingElse(byte[] input) {
    var tensor = RawTensor.of(input);
    assertThat(taken(tensor)).isEqualTo(tensor.whole());
    assertThat(allocator.metric().usedDirectMemory()).as("memory that is kept").isZero();
  }

  private boolean taken(RawTensor tensor) {
    int length = tensor.bytes().length;
    var body = allocator.directBuffer(Math.max(1, length)).writeBytes(tensor.bytes());
    try (var request = new DecodedRequest()) {
      var reader = new BinaryTensorReader("m", body, 0, request);
      reader.next("x", tensor.type(), Shape.of(tensor.count()), length);
      reader.expectEnd();
      return true;
    } catch (InferenceException refusal) {
      assertThat(refusal.failure()).isInstanceOf(InferenceFailure.Invalid.class);
      return false;
    } finally {
      body.release();
    }
  }
}
