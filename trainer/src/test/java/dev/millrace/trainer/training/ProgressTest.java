package dev.millrace.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProgressTest {
  @Test
  void tellsStepLossAccuracyAndTimeLeftInOneLine() {
    assertThat(new Progress(2, 30, 200, 3750, 0.25, 0.9123, 71).line())
        .isEqualTo("epoch 2/30  step 200/3750  loss 0.2500  accuracy 91.23 %  71 s left");
  }

  @Test
  void expectsThePaceSoFarToLast() {
    long started = 5_000_000_000L;

    assertThat(new Pace(started).secondsLeft(100, 1000, started + 10_000_000_000L)).isEqualTo(90);
    assertThat(new Pace(started).secondsLeft(1000, 1000, started + 1)).isZero();
  }
}
