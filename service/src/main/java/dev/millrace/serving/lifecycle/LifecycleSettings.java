package dev.millrace.serving.lifecycle;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Bounds of loading and unloading, and of what is kept beside the models.
 *
 * @param loaderThreads loads that may run beside each other; each may use several cores
 * @param loadLimit the longest a load may take before it counts as failed
 * @param cacheBytes memory of the response caches of all models together
 * @param known a folder for what loads told, so that a restart need not load everything; null for
 *     none
 */
public record LifecycleSettings(
    int loaderThreads, Duration loadLimit, long cacheBytes, @Nullable Path known) {
  /**
   * One load at a time, so that loading takes as little as possible from serving, and a quarter of
   * the heap for response caches.
   */
  public static final LifecycleSettings DEFAULTS =
      new LifecycleSettings(1, Duration.ofMinutes(10), Runtime.getRuntime().maxMemory() / 4, null);

  /** Refuses bounds that are not positive. */
  public LifecycleSettings {
    if (loaderThreads < 1 || !loadLimit.isPositive() || cacheBytes < 1) {
      throw new IllegalArgumentException(
          "loader-threads=%d, load-limit=%s and cache-bytes=%d must be positive"
              .formatted(loaderThreads, loadLimit, cacheBytes));
    }
  }

  /** The same with so much memory for response caches; 0 leaves it. */
  public LifecycleSettings caching(long bytes) {
    return bytes == 0 ? this : new LifecycleSettings(loaderThreads, loadLimit, bytes, known);
  }

  /** The same with a folder for what loads told. */
  public LifecycleSettings remembering(Path folder) {
    return new LifecycleSettings(loaderThreads, loadLimit, cacheBytes, folder);
  }
}
