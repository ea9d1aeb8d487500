package dev.millrace.serving.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class StopDeadlineTest {
  private long nowNanos = 7;
  private final StopDeadline deadline = new StopDeadline(Duration.ofSeconds(20), () -> nowNanos);

  @Test
  void countsFromTheFirstStageThatAsks() {
    pass(Duration.ofMinutes(1));
    assertThat(deadline.left()).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void givesTheNextStageWhatTheOthersLeft() {
    deadline.left();
    pass(Duration.ofSeconds(15));
    assertThat(deadline.left()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void givesTheLastStageAMomentWhenAllIsUsedUp() {
    deadline.left();
    pass(Duration.ofSeconds(21));
    assertThat(deadline.left()).isEqualTo(Duration.ofMillis(250));
  }

  private void pass(Duration time) {
    nowNanos += time.toNanos();
  }
}
