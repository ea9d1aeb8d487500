package dev.millrace.store.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryPolicyTest {
  private final RetryPolicy policy = new RetryPolicy(10, Duration.ofSeconds(1));

  @ParameterizedTest
  @CsvSource({"1, 1000", "2, 2000", "3, 4000", "6, 32000", "7, 60000", "10, 60000"})
  void waitsTwiceAsLongEachTimeUpToAMinute(int attempts, long millis) {
    assertThat(policy.after(answered(503), attempts, 0))
        .isEqualTo(new Verdict.Again(503, "The receiver answered 503", millis));
    assertThat(policy.after(answered(503), attempts, 0.5))
        .isEqualTo(new Verdict.Again(503, "The receiver answered 503", millis + 500));
  }

  @Test
  void stopsAfterTheLastRetry() {
    assertThat(policy.after(answered(429), 11, 0))
        .isEqualTo(
            new Verdict.GivenUp(429, "The receiver answered 429 at the last of 11 attempts"));
    assertThat(policy.after(new Outcome.NoAnswer("Connection refused"), 11, 0))
        .isEqualTo(new Verdict.GivenUp(null, "Connection refused at the last of 11 attempts"));
  }

  @Test
  void waitsAsLongAsToldButNotForEver() {
    assertThat(policy.after(answered(429, Duration.ofSeconds(7)), 1, 0.9))
        .isEqualTo(new Verdict.Again(429, "The receiver answered 429", 7_000));
    assertThat(policy.after(answered(503, Duration.ZERO), 1, 0.9))
        .isEqualTo(new Verdict.Again(503, "The receiver answered 503", 0));
    assertThat(policy.after(answered(503, Duration.ofDays(9)), 1, 0.9))
        .isEqualTo(new Verdict.Again(503, "The receiver answered 503", 3_600_000));
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 201, 202, 204})
  void isDoneWithASuccess(int status) {
    assertThat(policy.after(answered(status), 1, 0)).isEqualTo(new Verdict.Delivered(status));
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 307, 400, 401, 404, 408, 422})
  void doesNotRepeatWhatWasRefused(int status) {
    assertThat(policy.after(answered(status), 1, 0))
        .isInstanceOfSatisfying(
            Verdict.GivenUp.class,
            givenUp -> assertThat(givenUp.reason()).startsWith("The receiver answered " + status));
  }

  @Test
  void doesNotRepeatWhatMustNotBeSent() {
    assertThat(policy.after(new Outcome.NotSent("inside"), 1, 0))
        .isEqualTo(new Verdict.GivenUp(null, "inside"));
  }

  private static Outcome answered(int status) {
    return answered(status, null);
  }

  private static Outcome answered(int status, @Nullable Duration retryAfter) {
    return new Outcome.Answered(status, "", retryAfter);
  }
}
