package dev.millrace.loadtest.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SampleTensorTest {
  @ParameterizedTest
  @CsvSource({
    "FP32, 0000c03f, 1.5",
    "FP64, 000000000000f83f, 1.5",
    "INT32, 01000000, 1",
    "INT64, 0100000000000000, 1",
    "UINT8, 01, 1",
    "INT16, 0100, 1",
    "BOOL, 01, true",
  })
  void printsAValueAsTheDatatypeWants(String datatype, String hex, String json) {
    var tensor = new SampleTensor("x", datatype, List.of(1L), List.of(1.5));
    assertThat(tensor.littleEndian()).asHexString().isEqualToIgnoringCase(hex);
    assertThat(tensor.json()).isEqualTo("[" + json + "]");
  }

  @Test
  void printsWholeFloatsShort() {
    var tensor = new SampleTensor("x", "FP32", List.of(1L, 3L), List.of(0.0, 0.0039, 1.0));
    assertThat(tensor.json()).isEqualTo("[0,0.0039,1]");
  }

  @Test
  void aShapeThatDoesNotHoldTheValuesIsRefused() {
    assertThatThrownBy(() -> new SampleTensor("x", "FP32", List.of(2L, 2L), List.of(0.0, 0.0, 0.0)))
        .hasMessage("Tensor 'x' of shape [2, 2] has 3 values; expected 4.");
  }

  @Test
  void aDatatypeItCannotSendIsRefused() {
    var tensor = new SampleTensor("x", "BYTES", List.of(1L), List.of(0.0));
    assertThatThrownBy(tensor::littleEndian)
        .hasMessageContaining("Tensor 'x' has datatype BYTES")
        .hasMessageContaining("BOOL, whole numbers, FP32 and FP64");
  }

  @Test
  void repeatsItsRows() {
    var rows = new SampleTensor("x", "FP32", List.of(1L, 2L), List.of(0.5, 2.0)).times(2);
    assertThat(rows.shape()).containsExactly(2L, 2L);
    assertThat(rows.values()).containsExactly(0.5, 2.0, 0.5, 2.0);
  }
}
