package dev.millrace.serving.lifecycle;

import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.scheduling.SchedulerSettings;

/**
 * How one model is placed, run and batched.
 *
 * @param cacheBytes memory for answers to repeated requests; 0 keeps none
 * @param weight its share of a busy device, against those of the others
 * @param consistencyTolerance the largest difference between a row that runs alone and the same row
 *     in a batch; negative skips the check
 */
public record ModelSettings(
    PlacementSettings placement,
    RuntimeSettings runtime,
    SchedulerSettings scheduling,
    long cacheBytes,
    double weight,
    double consistencyTolerance) {
  private static final long MOST_CACHE_BYTES = Runtime.getRuntime().maxMemory() / 2;

  /** Refuses shares and sizes that make no sense, with their configuration keys. */
  public ModelSettings {
    if (cacheBytes < 0 || cacheBytes > MOST_CACHE_BYTES) {
      throw new IllegalArgumentException(
          "response-cache is %d bytes; it must be 0 to %d, half of the heap. Give less, or the JVM more with -Xmx."
              .formatted(cacheBytes, MOST_CACHE_BYTES));
    }
    // Time divided by a smaller weight would overflow within months.
    if (!(weight >= 0.01 && weight <= 1_000)) {
      throw new IllegalArgumentException("weight is " + weight + "; it must be 0.01 to 1000");
    }
  }

  /** One copy where there is room, no cache, weight 1. */
  public static ModelSettings defaults() {
    return new ModelSettings(
        PlacementSettings.copies(1),
        RuntimeSettings.defaults(),
        SchedulerSettings.defaults(),
        0,
        1,
        1e-3);
  }

  /** The same, with every request running alone. */
  ModelSettings withoutBatching() {
    return new ModelSettings(
        placement, runtime, scheduling.withoutBatching(), cacheBytes, weight, consistencyTolerance);
  }
}
