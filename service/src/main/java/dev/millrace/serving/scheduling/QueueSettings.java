package dev.millrace.serving.scheduling;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * How one model's requests wait.
 *
 * @param maxRows rows that wait at most; more are refused at once
 * @param levels priorities 1 (highest) to this
 * @param defaultLevel what priority 0 means
 * @param ageing a request that waited this long counts as one level higher, twice as long as two;
 *     zero for never
 * @param policies rules of single priorities
 */
public record QueueSettings(
    int maxRows,
    int levels,
    int defaultLevel,
    Duration ageing,
    QueuePolicy defaultPolicy,
    Map<Integer, QueuePolicy> policies) {
  private static final int MOST_LEVELS = 64;

  /** Refuses values that make no sense, with their configuration keys. */
  public QueueSettings {
    policies = Map.copyOf(policies);
    SchedulerSettings.require(maxRows >= 1, "max-queue-rows", maxRows, "1 or more");
    SchedulerSettings.require(
        levels >= 1 && levels <= MOST_LEVELS, "priority-levels", levels, "1 to " + MOST_LEVELS);
    SchedulerSettings.require(
        defaultLevel >= 1 && defaultLevel <= levels,
        "default-priority",
        defaultLevel,
        "1 to priority-levels");
    SchedulerSettings.require(!ageing.isNegative(), "priority-ageing", ageing, "zero or more");
    for (int level : policies.keySet()) {
      SchedulerSettings.require(
          level >= 1 && level <= levels, "queue-policies", level, "priorities 1 to " + levels);
    }
  }

  /** One policy for all priorities, which lets them wait, and no ageing. */
  public static QueueSettings of(int maxRows, int levels, int defaultLevel) {
    return new QueueSettings(
        maxRows, levels, defaultLevel, Duration.ZERO, QueuePolicy.NONE, new HashMap<>());
  }

  /** The level of a request's priority, 1 or more. */
  int level(int priority) {
    return priority <= 0 ? defaultLevel : Math.min(priority, levels);
  }

  QueuePolicy policy(int level) {
    return policies.getOrDefault(level, defaultPolicy);
  }

  /** Whether any priority has rules of its own. */
  boolean hasPolicies() {
    return !policies.isEmpty() || !defaultPolicy.equals(QueuePolicy.NONE);
  }
}
