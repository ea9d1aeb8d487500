package dev.millrace.store.removal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgeTest {
  @Test
  void readsWhatMlflowReads() {
    assertThat(Age.parse("")).isZero();
    assertThat(Age.parse("30d")).isEqualTo(Duration.ofDays(30));
    assertThat(Age.parse("1.5h")).isEqualTo(Duration.ofMinutes(90));
    assertThat(Age.parse("2d8h5m20s"))
        .isEqualTo(Duration.ofDays(2).plusHours(8).plusMinutes(5).plusSeconds(20));
  }

  @ParameterizedTest
  @ValueSource(strings = {"30", "d", "1h2d", "-1d", "1w", "1d ", "1..5d", "99999999999d"})
  void refusesTheRest(String text) {
    assertThatThrownBy(() -> Age.parse(text))
        .hasMessageStartingWith("Could not parse any time information from '%s'.".formatted(text));
  }
}
