package dev.millrace.store.webhook;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * When a delivery is sent again: after 429, 5xx and connection failures, as MLflow does, at
 * doubling intervals with jitter, or when the receiver said.
 *
 * @param retries how many attempts may follow the first
 * @param backoff the first interval, and the most jitter on each
 */
record RetryPolicy(int retries, Duration backoff) {
  private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(1);
  private static final Duration LONGEST_RETRY_AFTER = Duration.ofHours(1);
  private static final int MOST_DOUBLINGS = 20;

  /**
   * What follows an attempt.
   *
   * @param attempts how many there were, this one included
   * @param jitter between 0 and 1
   */
  Verdict after(Outcome outcome, int attempts, double jitter) {
    return switch (outcome) {
      case Outcome.Answered answer when answer.isSuccess() ->
          new Verdict.Delivered(answer.status());
      case Outcome.Answered(var status, _, var retryAfter) when isWorthRetrying(status) ->
          again(status, "The receiver answered " + status, attempts, retryAfter, jitter);
      case Outcome.Answered(var status, _, _) -> new Verdict.GivenUp(status, refusal(status));
      case Outcome.NoAnswer(var reason) -> again(null, reason, attempts, null, jitter);
      case Outcome.NotSent(var reason) -> new Verdict.GivenUp(null, reason);
    };
  }

  private Verdict again(
      @Nullable Integer status,
      String reason,
      int attempts,
      @Nullable Duration retryAfter,
      double jitter) {
    if (attempts > retries) {
      return new Verdict.GivenUp(
          status, "%s at the last of %s attempts".formatted(reason, attempts));
    }
    var delay = Objects.requireNonNullElseGet(retryAfter, () -> interval(attempts, jitter));
    return new Verdict.Again(status, reason, atMost(delay, LONGEST_RETRY_AFTER).toMillis());
  }

  private Duration interval(int attempts, double jitter) {
    var doubled = backoff.multipliedBy(1L << Math.min(attempts - 1, MOST_DOUBLINGS));
    return atMost(doubled, LONGEST_BACKOFF).plusMillis((long) (backoff.toMillis() * jitter));
  }

  private static String refusal(int status) {
    return status / 100 == 3
        ? "The receiver answered %s; redirects are not followed".formatted(status)
        : "The receiver answered %s, which is not tried again".formatted(status);
  }

  private static boolean isWorthRetrying(int status) {
    return status == 429 || status >= 500;
  }

  private static Duration atMost(Duration duration, Duration most) {
    return duration.compareTo(most) < 0 ? duration : most;
  }
}
