package dev.millrace.loadtest.generator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TallyTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  private final Tally tally = new Tally(SECOND, 3 * SECOND);

  @Test
  void countsWhatWasDueInTheWindowByTheTimeItWasDue() {
    tally.count(SECOND - 1, SECOND + MILLI, null);
    tally.count(SECOND, SECOND + 2 * MILLI, null);
    tally.count(3 * SECOND - 1, 4 * SECOND, null);
    tally.count(3 * SECOND, 3 * SECOND + MILLI, null);
    var measurement = tally.measurement();
    assertThat(measurement.answers()).isEqualTo(2);
    assertThat(measurement.perSecond()).isEqualTo(1);
    assertThat(measurement.millisAt(50)).isCloseTo(2, within(0.01));
    assertThat(measurement.millisAt(100)).isCloseTo(1_000, within(1.0));
  }

  @Test
  void failuresAreErrorsWithALatencyAndTheFirstIsKept() {
    tally.count(SECOND, SECOND + MILLI, "first");
    tally.count(SECOND, SECOND + MILLI, "second");
    var measurement = tally.measurement();
    assertThat(measurement.errors()).isEqualTo(2);
    assertThat(measurement.answers()).isZero();
    assertThat(measurement.latencies().all().getTotalCount()).isEqualTo(2);
    assertThat(measurement.firstFailure()).isEqualTo("first");
  }

  @Test
  void aRefusalIsNoAnswerAndNotAFailure() {
    tally.count(SECOND, SECOND + 2 * MILLI, null);
    tally.refuse(SECOND, SECOND + 50 * MILLI, "HTTP 503: busy");
    tally.refuse(SECOND - 1, SECOND, "HTTP 503: before the window");
    var measurement = tally.measurement();
    assertThat(measurement.counts()).isEqualTo(new Counts(1, 1, 0));
    assertThat(measurement.errors()).isEqualTo(1);
    assertThat(measurement.answeredMillisAt(100)).isCloseTo(2, within(0.01));
    assertThat(measurement.millisAt(100)).isCloseTo(50, within(0.1));
  }

  @Test
  void onlyAnswersWithinTheGoalAreGoodput() {
    tally.count(SECOND, SECOND + 2 * MILLI, null);
    tally.count(SECOND, SECOND + 3 * MILLI, null);
    tally.count(SECOND, SECOND + 30 * MILLI, null);
    tally.refuse(SECOND, SECOND + MILLI, "HTTP 503: busy");
    assertThat(tally.measurement().perSecondWithin(Duration.ofMillis(20))).isEqualTo(1);
  }
}
