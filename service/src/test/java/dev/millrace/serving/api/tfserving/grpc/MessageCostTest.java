package dev.millrace.serving.api.tfserving.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.tfs.PredictRequest;
import dev.millrace.protocol.tfs.TensorProto;
import dev.millrace.protocol.tfs.TensorShapeProto;
import dev.millrace.protocol.tfs.TensorShapeProto.Dim;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Collections;
import org.junit.jupiter.api.Test;

class MessageCostTest {
  private static final int LIMIT_BYTES = 10_000;
  private static final MessageCost COST =
      new MessageCost(PredictRequest.getDescriptor(), LIMIT_BYTES);

  @Test
  void takesWhatFitsAndGivesItBackWhole() throws IOException {
    var message = request(TensorProto.newBuilder().addAllFloatVal(Collections.nCopies(2_000, 1f)));
    assertThat(COST.checked(new ByteArrayInputStream(message)).readAllBytes()).isEqualTo(message);
  }

  @Test
  void refusesObjectsOfTwoBytes() {
    var dimensions = TensorShapeProto.newBuilder();
    dimensions.addAllDim(Collections.nCopies(200, Dim.getDefaultInstance()));
    assertRefused(request(TensorProto.newBuilder().setTensorShape(dimensions)));
    assertRefused(
        request(
            TensorProto.newBuilder().addAllStringVal(Collections.nCopies(300, ByteString.EMPTY))));
  }

  @Test
  void refusesSmallNumbersThatGrow() {
    assertRefused(request(TensorProto.newBuilder().addAllInt64Val(Collections.nCopies(1_500, 1L))));
    assertRefused(request(TensorProto.newBuilder().addAllIntVal(Collections.nCopies(2_600, 1))));
  }

  @Test
  void refusesFieldsThatNobodyKnows() {
    var message = new byte[400];
    for (int i = 0; i < message.length; i += 2) {
      message[i] = 9 << 3;
    }
    assertRefused(message);
  }

  @Test
  void leavesDamageToTheParser() throws IOException {
    var damaged = new byte[1_000];
    damaged[0] = 0x12;
    damaged[1] = 0x7F;
    assertThat(COST.checked(new ByteArrayInputStream(damaged)).readAllBytes()).isEqualTo(damaged);
  }

  private static byte[] request(TensorProto.Builder tensor) {
    return PredictRequest.newBuilder().putInputs("x", tensor.build()).build().toByteArray();
  }

  private static void assertRefused(byte[] message) {
    assertThatThrownBy(() -> COST.checked(new ByteArrayInputStream(message)))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            refusal ->
                assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED))
        .hasMessageContaining("takes more than 10000 bytes of memory, the limit of a request.");
  }
}
