package dev.millrace.serving.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferInputTensor;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fuzz.RawTensor;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;

/** Elements in {@code raw_input_contents}, above all lists of strings. */
@Timeout(60)
class RawInputsFuzzTest {
  static List<Named<byte[]>> seeds() throws IOException {
    return RawTensor.seeds();
  }

  @MethodSource("seeds")
  @FuzzTest
  void takesWhatIsWholeAndNothingElse(byte[] input) {
    var tensor = RawTensor.of(input);
    assertThat(taken(tensor)).isEqualTo(tensor.whole());
  }

  private static boolean taken(RawTensor tensor) {
    var message =
        ModelInferRequest.newBuilder()
            .addInputs(InferInputTensor.newBuilder().setName("x").addShape(tensor.count()))
            .addRawInputContents(ByteString.copyFrom(tensor.bytes()))
            .build();
    var inputs = RawInputs.of(message, InputPlaces.of(message, SharedRegions.off()));
    try {
      int size = inputs.sizeBytes(0, tensor.type(), tensor.count());
      assertThat(size).isEqualTo(tensor.bytes().length);
      return true;
    } catch (InferenceException refusal) {
      assertThat(refusal.failure()).isInstanceOf(InferenceFailure.Invalid.class);
      return false;
    }
  }
}
