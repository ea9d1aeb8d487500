package dev.millrace.loadtest.generator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ArrivalsTest {
  @Test
  void constantArrivalsDoNotCareHowLateItIs() {
    var arrivals = new Arrivals.Constant(1_000);
    assertThat(arrivals.dueNanos(0, 500, 0)).isEqualTo(500);
    assertThat(arrivals.dueNanos(3, 500, 1_000_000_000)).isEqualTo(3_000_500);
  }

  @Test
  void saturatingArrivalsAreAlwaysDue() {
    assertThat(new Arrivals.Saturating().dueNanos(9, 0, 77)).isEqualTo(77);
  }

  @Test
  void aBurstIsAsLongAsItShouldBeAndMovesNothingBeforeOrAfterIt() {
    var usual = new Arrivals.Constant(100);
    var burst = new Arrivals.Burst(usual, 10, Duration.ofSeconds(2), Duration.ofSeconds(1));
    assertThat(millis(burst, 199)).isEqualTo(1_990);
    assertThat(millis(burst, 200)).isEqualTo(2_000);
    assertThat(millis(burst, 201)).isEqualTo(2_001);
    assertThat(millis(burst, 1_199)).isEqualTo(2_999);
    assertThat(millis(burst, 1_200)).isEqualTo(3_000);
    assertThat(millis(burst, 1_201)).isEqualTo(3_010);
  }

  private static long millis(Arrivals arrivals, long index) {
    return arrivals.dueNanos(index, 0, 0) / 1_000_000;
  }

  @Test
  void aRateThatIsNotPositiveIsRefused() {
    assertThatThrownBy(() -> new Arrivals.Constant(0))
        .hasMessage("The rate is 0.0 requests per second; it must be more than 0.");
  }

  @Test
  void aPlanWithoutCallersOrTimeIsRefused() {
    var arrivals = new Arrivals.Saturating();
    assertThatThrownBy(() -> new Plan(arrivals, 0, Duration.ZERO, Duration.ofSeconds(1)))
        .hasMessage("There are 0 callers; at least 1 is needed.");
    assertThatThrownBy(() -> new Plan(arrivals, 1, Duration.ZERO, Duration.ZERO))
        .hasMessageContaining("the measured time must be more than 0");
  }
}
