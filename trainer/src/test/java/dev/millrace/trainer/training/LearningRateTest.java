package dev.millrace.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LearningRateTest {
  private final LearningRate rate = new LearningRate(0.01, 0.1);

  @Test
  void climbsToItsPeakInTheWarmUp() {
    assertThat(rate.at(0, 100)).isEqualTo(0.01 / 11);
    assertThat(rate.at(5, 100)).isEqualTo(0.01 * 6 / 11, within(1e-12));
    assertThat(rate.at(10, 100)).isEqualTo(0.01);
  }

  @Test
  void fallsAlongACosineToNothing() {
    assertThat(rate.at(55, 100)).isEqualTo(0.005, within(1e-12));
    assertThat(rate.at(99, 100)).isLessThan(1e-5).isPositive();
    assertThat(rate.at(100, 100)).isZero();
  }

  @Test
  void neverClimbsAfterTheWarmUp() {
    for (int step = 11; step < 100; step++) {
      assertThat(rate.at(step, 100)).isLessThan(rate.at(step - 1, 100));
    }
  }

  @Test
  void worksWithoutWarmUpAndForASingleStep() {
    assertThat(new LearningRate(0.01, 0).at(0, 100)).isEqualTo(0.01);
    assertThat(rate.at(0, 1)).isPositive();
  }

  @Test
  void refusesRatesThatCannotLearn() {
    assertThatThrownBy(() -> new LearningRate(0, 0.1))
        .hasMessage("'learningRate.peak' is 0.0; expected more than 0, at most 1");
    assertThatThrownBy(() -> new LearningRate(0.01, Double.NaN))
        .hasMessage("'learningRate.warmUpShare' is NaN; expected 0 to 1");
  }
}
