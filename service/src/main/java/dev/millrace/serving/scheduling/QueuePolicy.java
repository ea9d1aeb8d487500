package dev.millrace.serving.scheduling;

import java.time.Duration;

/**
 * What holds for the waiting requests of one priority; the words are Triton's.
 *
 * @param maxQueueRows rows of this priority that wait at most; 0 leaves it to the queue's own limit
 * @param defaultTimeout the longest wait of a request that names none; zero for no limit
 * @param action what becomes of a request that waited too long
 * @param override whose time counts where a request names its own
 */
public record QueuePolicy(
    int maxQueueRows, Duration defaultTimeout, Action action, TimeoutOverride override) {
  /** No limits but the queue's own. */
  public static final QueuePolicy NONE =
      new QueuePolicy(0, Duration.ZERO, Action.REJECT, TimeoutOverride.ALLOWED);

  /** What becomes of a request that waited too long. */
  public enum Action {
    /** It is refused. */
    REJECT,
    /** It runs once nothing waits that is in time. */
    DELAY
  }

  /** Whether a request may name its own timeout. */
  public enum TimeoutOverride {
    /** The shorter of both counts. */
    ALLOWED,
    /** The model's counts, whatever a request asks for. */
    IGNORED
  }

  /** Refuses values that make no sense, with their configuration keys. */
  public QueuePolicy {
    SchedulerSettings.require(maxQueueRows >= 0, "max-queue-rows", maxQueueRows, "0 or more");
    SchedulerSettings.require(
        !defaultTimeout.isNegative(), "default-timeout", defaultTimeout, "zero or more");
  }

  /** When a request must be answered. */
  long deadlineNanos(long requestedNanos, long submittedNanos) {
    if (defaultTimeout.isZero()) {
      return requestedNanos;
    }
    long own = submittedNanos + defaultTimeout.toNanos();
    boolean named = requestedNanos != Long.MAX_VALUE && override == TimeoutOverride.ALLOWED;
    return named && requestedNanos - own < 0 ? requestedNanos : own;
  }
}
