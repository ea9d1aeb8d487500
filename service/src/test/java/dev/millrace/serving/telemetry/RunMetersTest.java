package dev.millrace.serving.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.telemetry.InferenceStatistics.Batches;
import dev.millrace.serving.telemetry.InferenceStatistics.Total;
import org.junit.jupiter.api.Test;

class RunMetersTest {
  private final RunMeters runs = new RunMeters();

  @Test
  void keepsSizesApart() {
    runs.ran(64, 1, 2, 3);
    runs.ran(1, 10, 20, 30);
    runs.ran(64, 100, 200, 300);
    assertThat(runs.all())
        .containsExactly(
            new Batches(1, new Total(1, 10), new Total(1, 20), new Total(1, 30)),
            new Batches(64, new Total(2, 101), new Total(2, 202), new Total(2, 303)));
  }

  @Test
  void roundsLargeSizesUpSoThatClientsCannotMakeSumsWithoutEnd() {
    for (int rows : new int[] {1_023, 1_024, 1_025, 2_048, 2_049, 1 << 30, Integer.MAX_VALUE}) {
      runs.ran(rows, 0, 0, 0);
    }
    assertThat(runs.all())
        .extracting(Batches::rows)
        .containsExactly(1_023L, 1_024L, 2_048L, 4_096L, 1L << 30, 1L << 31);
  }
}
