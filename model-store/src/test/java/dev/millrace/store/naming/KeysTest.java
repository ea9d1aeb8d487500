package dev.millrace.store.naming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.store.Point;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeysTest {
  @ParameterizedTest
  @ValueSource(strings = {"loss", "a/b", "größe: x", "mlflow.runName", "a-b_c.d", "1", "a..b"})
  @Point(14)
  void takesPathsThatMeanThemselves(String key) {
    assertThatCode(() -> Keys.require("key", "Key", key)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({
    "a/../b, b",
    "../k, ../k",
    "/a, /a",
    "a//b, a/b",
    "a/, a",
    "., .",
    "./a, a",
    "'', .",
    "a/../../b, ../b"
  })
  @Point(14)
  void refusesPathsThatMeanOthers(String key, String path) {
    assertThatThrownBy(() -> Keys.require("metrics[0].name", "Metric name", key))
        .hasMessageStartingWith(
            "Invalid value \"%s\" for parameter 'metrics[0].name' supplied".formatted(key))
        .hasMessageEndingWith("This name would resolve to '%s'".formatted(path));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a$", "a\nb", "a'b", "a,b", "a\\b"})
  @Point(14)
  void refusesOtherCharacters(String key) {
    assertThatThrownBy(() -> Keys.require("key", "Key", key))
        .hasMessageContaining("Names may only contain alphanumerics");
  }

  @Test
  void refusesLongKeys() {
    assertThatThrownBy(() -> Keys.require("key", "Metric name", "k".repeat(251)))
        .hasMessage("'Metric name' exceeds the maximum length of 250 characters");
  }

  @Test
  void makesUpNamesThatAreKeys() {
    assertThat(RandomName.next()).matches("[a-z]+-[a-z]+-\\d{1,3}");
  }
}
