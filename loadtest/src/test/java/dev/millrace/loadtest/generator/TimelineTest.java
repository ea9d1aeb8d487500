package dev.millrace.loadtest.generator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TimelineTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  private final Timeline timeline = new Timeline(1_000 * MILLI, 1_900 * MILLI);

  @Test
  void sortsLatenciesByWhenRequestsWereDue() {
    timeline.answered(1_000 * MILLI, 2 * MILLI);
    timeline.answered(1_249 * MILLI, 900 * MILLI);
    timeline.answered(1_250 * MILLI, 5 * MILLI);
    timeline.answered(1_899 * MILLI, 7 * MILLI);
    var longest = timeline.millisAt(100);
    assertThat(longest).hasSize(4);
    assertThat(longest.get(0)).isCloseTo(900, within(9.0));
    assertThat(longest.get(1)).isCloseTo(5, within(0.05));
    assertThat(longest.get(2)).isNaN();
    assertThat(longest.get(3)).isCloseTo(7, within(0.07));
  }

  @Test
  void aMissedRequestIsLongerThanAnyOther() {
    for (var request = 0; request < 98; request++) {
      timeline.answered(1_000 * MILLI, MILLI);
    }
    timeline.missed(1_000 * MILLI);
    timeline.missed(1_000 * MILLI);
    assertThat(timeline.millisAt(98).getFirst()).isCloseTo(1, within(0.01));
    assertThat(timeline.millisAt(99).getFirst()).isInfinite();
  }
}
