package dev.millrace.trainer.export;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ParityTest {
  @Test
  void acceptsTheRoundingOfFloats() {
    assertThatCode(() -> new Parity(256, 5.7e-6).require()).doesNotThrowAnyException();
  }

  @Test
  void stopsWithTheNumbersWhenTheExportAnswersOtherwise() {
    assertThatThrownBy(() -> new Parity(256, 0.0123).require())
        .isInstanceOf(ExportException.class)
        .hasMessage(
            "The exported model differs from the trained one by 0.0123 on 256 held-out images; at most 1e-05 is allowed. Nothing was registered.");
  }

  @Test
  void stopsWhenTheDifferenceIsNoNumber() {
    assertThatThrownBy(() -> new Parity(256, Double.NaN).require())
        .isInstanceOf(ExportException.class);
  }
}
