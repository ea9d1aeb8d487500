package dev.millrace.protocol.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TensorValueTest {
  @ParameterizedTest
  @CsvSource({"FP32,0.1", "FP64,0.10000000149011612", "INT64,0", "BOOL,0"})
  void printsNumbersAsTheDatatypeHasThem(String datatype, String printed) {
    var tensor = new TensorValue("x", datatype, List.of(1L), new double[] {0.1f});

    assertThat(PackageJson.text(tensor))
        .isEqualTo(
            "{\"name\":\"x\",\"datatype\":\"%s\",\"shape\":[1],\"data\":[%s]}"
                .formatted(datatype, printed));
  }
}
