package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ComputeTimesTest {
  private final ComputeTimes times = new ComputeTimes();

  @Test
  void expectsNothingBeforeTheFirstRun() {
    assertThat(times.expectedNanos(4)).isZero();
  }

  @Test
  void expectsOfALargerBatchAtLeastWhatASmallerOneTook() {
    times.ran(4, 1_000);
    assertThat(times.expectedNanos(7)).isEqualTo(1_000);
    assertThat(times.expectedNanos(64)).isEqualTo(1_000);
    assertThat(times.expectedNanos(2)).isZero();
  }

  @Test
  void followsAChangeWithinSomeRuns() {
    times.ran(1, 1_000);
    for (int i = 0; i < 40; i++) {
      times.ran(1, 9_000);
    }
    assertThat(times.expectedNanos(1)).isBetween(8_500L, 9_000L);
  }

  @Test
  void forgetsASlowRunWhenNothingRunsForIt() {
    times.ran(1, 1_000_000_000);
    for (int i = 0; i < 120; i++) {
      times.refused(8);
    }
    assertThat(times.expectedNanos(8)).isLessThan(1_000_000);
    assertThat(times.expectedNanos(1)).isLessThan(1_000_000);
  }
}
