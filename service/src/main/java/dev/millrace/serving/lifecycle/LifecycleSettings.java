package dev.millrace.serving.lifecycle;

import java.time.Duration;

/**
 * Bounds of loading and unloading.
 *
 * @param loaderThreads loads that may run beside each other; each may use several cores
 * @param loadLimit the longest a load may take before it counts as failed
 */
public record LifecycleSettings(int loaderThreads, Duration loadLimit) {
  /** One load at a time, so that loading takes as little as possible from serving. */
  public static final LifecycleSettings DEFAULTS = new LifecycleSettings(1, Duration.ofMinutes(10));

  /** Refuses bounds that are not positive. */
  public LifecycleSettings {
    if (loaderThreads < 1 || !loadLimit.isPositive()) {
      throw new IllegalArgumentException(
          "loader-threads=%d and load-limit=%s must be positive"
              .formatted(loaderThreads, loadLimit));
    }
  }
}
