package dev.millrace.serving.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.ModelInferRequest;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TensorCountLimitTest {
  @ParameterizedTest
  @CsvSource({"5,inputs", "6,outputs", "7,raw_input_contents"})
  void countsEachKindOfTensorInTheBytes(int field, String name) throws IOException {
    var most = emptyFields(field, 1_024);
    assertThat(TensorCountLimit.checked(new ByteArrayInputStream(most)).readAllBytes())
        .isEqualTo(most);
    assertThatThrownBy(
            () -> TensorCountLimit.checked(new ByteArrayInputStream(emptyFields(field, 1_025))))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageStartingWith("INVALID_ARGUMENT: '" + name + "' has more than 1024 elements");
  }

  @Test
  void handsALargeMessageOnFromItsBeginning() throws IOException {
    var message =
        ModelInferRequest.newBuilder()
            .addRawInputContents(ByteString.copyFrom(new byte[100_000]))
            .build();
    var checked = TensorCountLimit.checked(message.toByteString().newInput());
    assertThat(ModelInferRequest.parseFrom(checked)).isEqualTo(message);
  }

  @Test
  void leavesDamagedMessagesToTheParser() throws IOException {
    var damaged = new byte[] {0x2a, 0, 0x2a, 100};
    assertThat(TensorCountLimit.checked(new ByteArrayInputStream(damaged)).readAllBytes())
        .isEqualTo(damaged);
  }

  @Test
  void saysWhyAMessageCannotBeRead() throws IOException {
    var closed = InputStream.nullInputStream();
    closed.close();
    assertThatThrownBy(() -> TensorCountLimit.checked(closed))
        .hasMessage("INVALID_ARGUMENT: The message cannot be read: Stream closed");
  }

  private static byte[] emptyFields(int field, int count) {
    var bytes = new byte[2 * count];
    for (int i = 0; i < count; i++) {
      bytes[2 * i] = (byte) ((field << 3) | 2);
    }
    return bytes;
  }
}
