package dev.millrace.serving.scheduling;

import java.time.Duration;
import java.util.List;

/**
 * How one model's requests are queued and batched.
 *
 * @param maxBatchRows rows that one run takes at most; 0 runs every request alone
 * @param preferredBatchRows sizes to wait for, ascending; empty for none
 * @param maxQueueDelay how long the oldest request waits for company; zero takes what is there
 * @param latencyGoal what queue and run may take together for 99 of 100 answers; it chooses size
 *     and delay; zero for none
 * @param queue how requests wait
 * @param padding what may be padded to share a run
 * @param order in which order answers leave
 * @param closeLimit how long {@link ModelScheduler#close} lets queued requests finish
 */
public record SchedulerSettings(
    int maxBatchRows,
    List<Integer> preferredBatchRows,
    Duration maxQueueDelay,
    Duration latencyGoal,
    QueueSettings queue,
    PaddingSettings padding,
    Order order,
    Duration closeLimit) {
  /** In which order the answers of a model leave. */
  public enum Order {
    /** As they are ready. */
    READY,
    /** As the requests came. */
    SUBMITTED
  }

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
    require(!latencyGoal.isNegative(), "latency-goal", latencyGoal, "zero or more");
    require(!closeLimit.isNegative(), "close-limit", closeLimit, "zero or more");
  }

  /** The common ones; no goal, no rules of single priorities. */
  public SchedulerSettings(
      int maxBatchRows,
      List<Integer> preferredBatchRows,
      Duration maxQueueDelay,
      int maxQueueRows,
      int priorityLevels,
      int defaultPriority,
      Duration closeLimit) {
    this(
        maxBatchRows,
        preferredBatchRows,
        maxQueueDelay,
        Duration.ZERO,
        QueueSettings.of(maxQueueRows, priorityLevels, defaultPriority),
        PaddingSettings.NONE,
        Order.READY,
        closeLimit);
  }

  /** Batches of up to 64 rows without delay, 8192 rows waiting, two priorities. */
  public static SchedulerSettings defaults() {
    return new SchedulerSettings(64, List.of(), Duration.ZERO, 8_192, 2, 2, Duration.ofSeconds(30));
  }

  /** The same, with padding. */
  public SchedulerSettings withPadding(PaddingSettings chosen) {
    return new SchedulerSettings(
        maxBatchRows,
        preferredBatchRows,
        maxQueueDelay,
        latencyGoal,
        queue,
        chosen,
        order,
        closeLimit);
  }

  /** Rows that wait at most. */
  public int maxQueueRows() {
    return queue.maxRows();
  }

  /** Priorities 1 to this. */
  public int priorityLevels() {
    return queue.levels();
  }

  /** What priority 0 means. */
  public int defaultPriority() {
    return queue.defaultLevel();
  }

  /** The same, with every request running alone. */
  public SchedulerSettings withoutBatching() {
    return new SchedulerSettings(
        0, List.of(), maxQueueDelay, latencyGoal, queue, padding, order, closeLimit);
  }

  static void require(boolean holds, String key, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(key + " is " + value + "; it must be " + expected);
    }
  }
}
