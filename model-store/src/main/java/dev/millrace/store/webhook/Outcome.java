package dev.millrace.store.webhook;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How one attempt to deliver ended. */
sealed interface Outcome {
  /**
   * The receiver answered.
   *
   * @param retryAfter how long it asked to wait before the next attempt
   */
  record Answered(int status, String body, @Nullable Duration retryAfter) implements Outcome {
    boolean isSuccess() {
      return status >= 200 && status < 300;
    }
  }

  /** No answer came; another attempt may fare better. */
  record NoAnswer(String reason) implements Outcome {}

  /** Nothing was sent, and nothing will be while things are as they are. */
  record NotSent(String reason) implements Outcome {}
}
