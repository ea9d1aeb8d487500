package dev.millrace.serving.lifecycle;

import java.time.Duration;

/**
 * Bounds of loading and unloading.
 *
 * @param loaderThreads loads that may run beside each other; each may use several cores
 * @param loadLimit the longest a load may take before it counts as failed
 * @param stopLimit the longest a stop waits for requests under way
 */
public record LifecycleSettings(int loaderThreads, Duration loadLimit, Duration stopLimit) {
  /** One load at a time, so that loading takes as little as possible from serving. */
  public static final LifecycleSettings DEFAULTS =
      new LifecycleSettings(1, Duration.ofMinutes(10), Duration.ofSeconds(30));

  /** Refuses bounds that are not positive. */
  public LifecycleSettings {
    if (loaderThreads < 1 || !loadLimit.isPositive() || !stopLimit.isPositive()) {
      throw new IllegalArgumentException(
          "loader-threads=%d, load-limit=%s and stop-limit=%s must be positive"
              .formatted(loaderThreads, loadLimit, stopLimit));
    }
  }
}
