package dev.millrace.serving.repository;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetryPlanTest {
  private static final long SECOND = 1_000_000_000L;

  private final RetryPlan plan = new RetryPlan();

  @Test
  void allowsWhatHasNotFailed() {
    assertThat(plan.allows("a", 0)).isTrue();
  }

  @Test
  void waitsTwiceAsLongAfterEachFailureOfTheSameContent() {
    plan.failed("a", 0);
    assertThat(plan.allows("a", SECOND - 1)).isFalse();
    assertThat(plan.allows("a", SECOND)).isTrue();
    plan.failed("a", SECOND);
    assertThat(plan.allows("a", 3 * SECOND - 1)).isFalse();
    assertThat(plan.allows("a", 3 * SECOND)).isTrue();
  }

  @Test
  void allowsOtherContentAtOnceAndStartsOver() {
    plan.failed("a", 0);
    plan.failed("a", 0);
    assertThat(plan.allows("b", 0)).isTrue();
    plan.failed("b", 0);
    assertThat(plan.allows("b", SECOND)).isTrue();
  }

  @Test
  void neverWaitsLongerThanFiveMinutes() {
    assertThat(RetryPlan.delayAfter(1)).isEqualTo(Duration.ofSeconds(1));
    assertThat(RetryPlan.delayAfter(9)).isEqualTo(Duration.ofSeconds(256));
    assertThat(RetryPlan.delayAfter(10)).isEqualTo(Duration.ofMinutes(5));
    assertThat(RetryPlan.delayAfter(1_000_000)).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void forgetsTheFailureAfterASuccess() {
    plan.failed("a", 0);
    plan.succeeded();
    assertThat(plan.allows("a", 0)).isTrue();
  }
}
