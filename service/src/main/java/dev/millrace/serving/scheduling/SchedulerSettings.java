package dev.millrace.serving.scheduling;

import java.time.Duration;
import java.util.List;

/**
 * How one model's requests are queued and batched.
 *
 * @param maxBatchRows rows that one run takes at most; 0 runs every request alone
 * @param preferredBatchRows sizes to wait for, ascending; empty for none
 * @param maxQueueDelay how long the oldest request waits for company; zero takes what is there
 * @param maxQueueRows rows that wait at most; more are refused at once
 * @param priorityLevels priorities 1 (highest) to this
 * @param defaultPriority what priority 0 means
 * @param closeLimit how long {@link ModelScheduler#close} lets queued requests finish
 */
public record SchedulerSettings(
    int maxBatchRows,
    List<Integer> preferredBatchRows,
    Duration maxQueueDelay,
    int maxQueueRows,
    int priorityLevels,
    int defaultPriority,
    Duration closeLimit) {
  /** Refuses values that make no sense, with their configuration keys. */
  public SchedulerSettings {
    preferredBatchRows = preferredBatchRows.stream().sorted().toList();
    require(maxBatchRows >= 0, "max-batch-rows", maxBatchRows, "0 or more");
    require(
        preferredBatchRows.stream().allMatch(size -> size >= 1 && size <= maxBatchRows),
        "preferred-batch-rows",
        preferredBatchRows,
        "sizes from 1 to max-batch-rows");
    require(!maxQueueDelay.isNegative(), "max-queue-delay", maxQueueDelay, "zero or more");
    require(maxQueueRows >= 1, "max-queue-rows", maxQueueRows, "1 or more");
    require(priorityLevels >= 1, "priority-levels", priorityLevels, "1 or more");
    require(
        defaultPriority >= 1 && defaultPriority <= priorityLevels,
        "default-priority",
        defaultPriority,
        "1 to priority-levels");
    require(!closeLimit.isNegative(), "close-limit", closeLimit, "zero or more");
  }

  /** Batches of up to 64 rows without delay, 8192 rows waiting, two priorities. */
  public static SchedulerSettings defaults() {
    return new SchedulerSettings(64, List.of(), Duration.ZERO, 8_192, 2, 2, Duration.ofSeconds(30));
  }

  /** The same, with every request running alone. */
  public SchedulerSettings withoutBatching() {
    return new SchedulerSettings(
        0, List.of(), maxQueueDelay, maxQueueRows, priorityLevels, defaultPriority, closeLimit);
  }

  private static void require(boolean holds, String key, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(key + " is " + value + "; it must be " + expected);
    }
  }
}
