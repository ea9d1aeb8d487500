package dev.millrace.store.webhook;

import org.jspecify.annotations.Nullable;

/** What becomes of a delivery after an attempt. */
sealed interface Verdict {
  /** It is received. */
  record Delivered(int status) implements Verdict {}

  /** It is sent again after a while. */
  record Again(@Nullable Integer status, String reason, long delayMillis) implements Verdict {}

  /** It is not sent again. */
  record GivenUp(@Nullable Integer status, String reason) implements Verdict {}
}
