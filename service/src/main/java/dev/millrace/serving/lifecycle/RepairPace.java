package dev.millrace.serving.lifecycle;

import java.time.Duration;

/**
 * How soon copies of one version are opened anew, and how much more each is expected to need. One
 * request may be what takes all the memory: whoever sends it again and again must keep no worker
 * busy with repairs, and must not make the model seem too large for every device. Guarded by
 * itself.
 */
final class RepairPace {
  static final long FIRST_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
  static final long LONGEST_PAUSE_NANOS = Duration.ofMinutes(5).toNanos();

  /** It ran out of memory with what it was thought to need. */
  private static final double MORE = 1.25;

  private static final long MOST_TIMES = 4;

  private long pauseNanos;
  private long lastNanos;

  /** What a copy was thought to need before the first repair; 0 before that. */
  private long firstBytes;

  /**
   * Whether it is time for a repair; the caller makes it then. The pause doubles from one repair to
   * the next, and is short again after twice the longest without any.
   */
  synchronized boolean begin(long nowNanos) {
    long sinceNanos = nowNanos - lastNanos;
    if (pauseNanos > 0 && sinceNanos < pauseNanos) {
      return false;
    }
    pauseNanos =
        pauseNanos == 0 || sinceNanos > 2 * LONGEST_PAUSE_NANOS
            ? FIRST_PAUSE_NANOS
            : Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
    lastNanos = nowNanos;
    return true;
  }

  /** What the next copy is expected to need, after one that was thought to need so much. */
  synchronized long bytesAfter(long bytes) {
    firstBytes = firstBytes == 0 ? bytes : firstBytes;
    return Math.max(bytes, (long) Math.min(bytes * MORE, (double) firstBytes * MOST_TIMES));
  }
}
