package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.failure.InferenceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CacheUseTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          no-cache             | REFRESH
          No-Cache             | REFRESH
          max-age=0, no-cache  | REFRESH
          no-store             | NONE
          no-cache, no-store   | NONE
          no-store,no-cache    | NONE
          max-age=0            | FULL
          only-if-cached       | FULL
          ,                    | FULL
          """)
  void isWhatTheHeaderSays(String header, CacheUse expected) {
    assertThat(CacheUse.ofHeader(header)).isEqualTo(expected);
  }

  @Test
  void isFullWithoutHeader() {
    assertThat(CacheUse.ofHeader(null)).isEqualTo(CacheUse.FULL);
  }

  @Test
  void isWhatTheParameterSays() {
    assertThat(CacheUse.ofParameter("no-cache")).isEqualTo(CacheUse.REFRESH);
    assertThat(CacheUse.ofParameter("no-store")).isEqualTo(CacheUse.NONE);
  }

  @Test
  void refusesParametersThatSaySomethingElse() {
    assertThatThrownBy(() -> CacheUse.ofParameter("off"))
        .isInstanceOf(InferenceException.class)
        .hasMessage(
            "Parameter 'cache_control' is 'off'; it must be 'no-cache' to have the answer computed anew, or 'no-store' not to have it kept either.");
  }
}
