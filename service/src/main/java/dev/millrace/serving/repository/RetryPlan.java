package dev.millrace.serving.repository;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Says when a version that could not be loaded may be tried again: after one second, then twice as
 * long each time, at most five minutes; other content at once. Guarded by its owner.
 */
final class RetryPlan {
  private static final int DOUBLINGS = 9;
  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofMinutes(5);

  private @Nullable String failedIdentity;
  private int failures;
  private long notBeforeNanos;

  /** Whether content with this identity may be tried now. */
  boolean allows(String identity, long nowNanos) {
    return !identity.equals(failedIdentity) || nowNanos - notBeforeNanos >= 0;
  }

  void failed(String identity, long nowNanos) {
    failures = identity.equals(failedIdentity) ? failures + 1 : 1;
    failedIdentity = identity;
    notBeforeNanos = nowNanos + delayAfter(failures).toNanos();
  }

  void succeeded() {
    failedIdentity = null;
    failures = 0;
  }

  static Duration delayAfter(int failures) {
    var delay = FIRST.multipliedBy(1L << Math.min(failures - 1, DOUBLINGS));
    return delay.compareTo(LONGEST) < 0 ? delay : LONGEST;
  }
}
