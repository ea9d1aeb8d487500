package dev.millrace.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RecoveryTest {
  private static final double REFUSED = Double.POSITIVE_INFINITY;

  @Test
  void latencyIsBackAtTheEndOfTheFirstOfTwoGoodWindows() {
    var windows = List.of(2.0, 9.0, 2.0, 50.0, REFUSED, 40.0, 3.0, 2.9, 9.0);
    assertThat(Recovery.of(windows, 3, 5)).isEqualTo(new Recovery(2, 0.5, 0.5));
  }

  @Test
  void oneGoodWindowIsNotEnough() {
    var windows = List.of(2.0, 2.0, 50.0, 3.0, 9.0, 3.0, 3.0);
    assertThat(Recovery.of(windows, 2, 3).seconds()).isEqualTo(0.75);
  }

  @Test
  void tellsHowLongTheSameTakesWithoutABurst() {
    var windows = List.of(2.0, 2.0, 2.0, 2.0, 9.0, 2.0, 9.0, 2.0, 2.0, 9.0, 50.0, 2.0, 2.0);
    assertThat(Recovery.of(windows, 10, 11)).isEqualTo(new Recovery(2, 0.25, 0.75));
  }

  @Test
  void countsToTheBurstWhereNothingWasBackBeforeIt() {
    var windows = List.of(2.0, 2.0, 2.0, 2.0, 9.0, 2.0, 9.0, 50.0, 2.0, 2.0);
    assertThat(Recovery.of(windows, 7, 8).undisturbed()).isEqualTo(1);
  }

  @Test
  void latencyThatStaysUpIsNeverBack() {
    var windows = List.of(2.0, 2.0, 50.0, Double.NaN, 3.1, REFUSED, 3.0);
    assertThat(Recovery.of(windows, 2, 3).seconds()).isInfinite();
  }
}
