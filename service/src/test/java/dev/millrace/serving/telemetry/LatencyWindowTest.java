package dev.millrace.serving.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LatencyWindowTest {
  private static final long SECOND = 1_000_000_000;

  private final AtomicLong now = new AtomicLong(-5 * SECOND);
  private final LatencyWindow window = new LatencyWindow(now::get);

  @Test
  void isZeroWithoutRequests() {
    assertThat(window.quantileNanos(0.99)).isZero();
  }

  @Test
  void isAtMostAnEighthTooHigh() {
    var random = new SplittableRandom(3);
    for (int i = 0; i < 10_000; i++) {
      long nanos = 1 + (random.nextLong() >>> random.nextInt(2, 63));
      long bound = LatencyWindow.upperBound(LatencyWindow.bucket(nanos));
      assertThat(bound).isGreaterThanOrEqualTo(nanos);
      assertThat((double) bound).isLessThanOrEqualTo(nanos * 1.126 + 1);
    }
  }

  @Test
  void forgetsWhatIsOlderThanTwoPeriods() {
    window.record(SECOND);
    now.addAndGet(11 * SECOND);
    window.record(1_000);
    assertThat(window.quantileNanos(1)).isGreaterThanOrEqualTo(SECOND);
    now.addAndGet(11 * SECOND);
    window.record(1_000);
    assertThat(window.quantileNanos(1)).isLessThan(2_000);
  }

  @Test
  void forgetsEverythingAfterALongPause() {
    window.record(SECOND);
    now.addAndGet(100 * SECOND);
    assertThat(window.quantileNanos(0.5)).isZero();
  }
}
