package dev.millrace.serving.modelconfig;

import dev.millrace.protocol.modelconfig.ConfigSource;
import dev.millrace.protocol.oip.ModelDynamicBatching;
import dev.millrace.protocol.oip.ModelQueuePolicy;
import java.io.IOException;
import java.util.stream.Stream;

/** What Triton refuses of dynamic batching. */
final class BatchingRules {
  private static final String AT = "dynamic_batching.";

  /** Beyond it, a time in microseconds does not fit the nanoseconds of a clock. */
  private static final long MOST_MICROS = Long.MAX_VALUE / 1_000;

  private final String model;
  private final ConfigSource source;
  private final ModelDynamicBatching batching;

  BatchingRules(String model, ConfigSource source) {
    this.model = model;
    this.source = source;
    batching = source.config().getDynamicBatching();
  }

  void require() throws IOException {
    requireSizes();
    if (batching.getPriorityLevels() != 0) {
      requirePriorities(batching.getPriorityLevels());
    }
    if (batching.getPreserveOrdering()) {
      requireOrder();
    }
    requireTimes();
  }

  private void requireSizes() throws IOException {
    for (int size : batching.getPreferredBatchSizeList()) {
      var path = AT + "preferred_batch_size";
      if (size <= 0) {
        throw refusal(path, "dynamic batching preferred size must be positive for " + model);
      }
      if (size > source.config().getMaxBatchSize()) {
        throw refusal(
            path, "dynamic batching preferred size must be <= max batch size for " + model);
      }
    }
  }

  private void requirePriorities(long levels) throws IOException {
    if (isOutside(batching.getDefaultPriorityLevel(), levels)) {
      throw refusal(
          AT + "default_priority_level",
          "default priority level must be in range [1, %s] for %s"
              .formatted(Long.toUnsignedString(levels), model));
    }
    for (long level : batching.getPriorityQueuePolicyMap().keySet()) {
      if (isOutside(level, levels)) {
        throw refusal(
            AT + "priority_queue_policy",
            "priority queue policy must have priority level in range [1, %s] for %s"
                .formatted(Long.toUnsignedString(levels), model));
      }
    }
  }

  private static boolean isOutside(long level, long levels) {
    return level == 0 || Long.compareUnsigned(level, levels) > 0;
  }

  private void requireOrder() throws IOException {
    if (Long.compareUnsigned(batching.getPriorityLevels(), 1) > 0) {
      throw refusal(
          AT + "priority_levels",
          "Only one priority level is allowed when 'preserve_ordering' is true for " + model);
    }
    if (policies()
        .anyMatch(
            policy ->
                policy.getDefaultTimeoutMicroseconds() != 0
                    && policy.getTimeoutAction() == ModelQueuePolicy.TimeoutAction.DELAY)) {
      throw refusal(
          AT + "preserve_ordering",
          "Queue policy can not have DELAY as timeout action when 'preserve_ordering' is true for "
              + model);
    }
  }

  private void requireTimes() throws IOException {
    if (isLong(batching.getMaxQueueDelayMicroseconds())) {
      throw refusal(AT + "max_queue_delay_microseconds", "the time is too long");
    }
    if (policies().anyMatch(policy -> isLong(policy.getDefaultTimeoutMicroseconds()))) {
      throw refusal(
          AT + "default_queue_policy.default_timeout_microseconds", "the time is too long");
    }
  }

  static boolean isLong(long micros) {
    return Long.compareUnsigned(micros, MOST_MICROS) > 0;
  }

  private Stream<ModelQueuePolicy> policies() {
    return Stream.concat(
        Stream.of(batching.getDefaultQueuePolicy()),
        batching.getPriorityQueuePolicyMap().values().stream());
  }

  private IOException refusal(String path, String reason) {
    return source.refusal(path, reason);
  }
}
