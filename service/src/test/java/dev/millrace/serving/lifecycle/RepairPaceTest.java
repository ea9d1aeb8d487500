package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.lifecycle.RepairPace.FIRST_PAUSE_NANOS;
import static dev.millrace.serving.lifecycle.RepairPace.LONGEST_PAUSE_NANOS;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RepairPaceTest {
  private final RepairPace pace = new RepairPace();

  @Test
  void repairsAtOnceAndThenAfterAPauseThatDoubles() {
    long start = Long.MAX_VALUE - FIRST_PAUSE_NANOS;
    assertThat(pace.begin(start)).isTrue();
    assertThat(pace.begin(start + FIRST_PAUSE_NANOS - 1)).isFalse();
    long second = start + FIRST_PAUSE_NANOS;
    assertThat(pace.begin(second)).isTrue();
    assertThat(pace.begin(second + FIRST_PAUSE_NANOS)).isFalse();
    assertThat(pace.begin(second + 2 * FIRST_PAUSE_NANOS)).isTrue();
  }

  @Test
  void allowsFewRepairsHoweverOftenTheyAreProvoked() {
    int repairs = 0;
    for (long now = 0; now < 12 * LONGEST_PAUSE_NANOS; now += FIRST_PAUSE_NANOS / 4) {
      repairs += pace.begin(now) ? 1 : 0;
    }
    assertThat(repairs).isBetween(12, 22);
  }

  @Test
  void isQuickAgainAfterAQuietTime() {
    long now = 0;
    for (int i = 0; i < 20; i++) {
      now += LONGEST_PAUSE_NANOS;
      assertThat(pace.begin(now)).isTrue();
    }
    now += 2 * LONGEST_PAUSE_NANOS + 1;
    assertThat(pace.begin(now)).isTrue();
    assertThat(pace.begin(now + FIRST_PAUSE_NANOS)).isTrue();
  }

  @Test
  void expectsMoreOfEachCopyButNotWithoutBound() {
    assertThat(pace.bytesAfter(400)).isEqualTo(500);
    long bytes = 500;
    for (int i = 0; i < 50; i++) {
      bytes = pace.bytesAfter(bytes);
    }
    assertThat(bytes).isEqualTo(1_600);
    assertThat(pace.bytesAfter(2_000)).isEqualTo(2_000);
  }
}
