package dev.millrace.serving.repository;

import dev.millrace.protocol.oip.ModelConfig;
import dev.millrace.protocol.oip.ModelDynamicBatching;
import dev.millrace.protocol.oip.ModelInstanceGroup;
import dev.millrace.protocol.oip.ModelQueuePolicy;
import dev.millrace.serving.lifecycle.InstanceGroup;
import dev.millrace.serving.lifecycle.ModelSettings;
import dev.millrace.serving.lifecycle.PlacementSettings;
import dev.millrace.serving.modelconfig.DeclaredConfig;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.scheduling.QueuePolicy;
import dev.millrace.serving.scheduling.QueueSettings;
import dev.millrace.serving.scheduling.SchedulerSettings;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;

/** Lays what a configuration in Triton's form says about serving over the settings known so far. */
final class ConfigSettings {
  private static final String THREADS = "intra_op_thread_count";

  /** Triton has one size for all caches; a model that asks for one gets up to this of the heap. */
  private static final long CACHE_BYTES = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 4);

  private ConfigSettings() {}

  /** What it does not mention stays as it was. */
  static ModelSettings over(ModelSettings before, DeclaredConfig declared) {
    var config = declared.message();
    return new ModelSettings(
        placement(before.placement(), config),
        runtime(before.runtime(), config),
        scheduling(before.scheduling(), declared),
        config.getResponseCache().getEnable()
            ? Math.max(before.cacheBytes(), CACHE_BYTES)
            : before.cacheBytes(),
        before.weight(),
        before.consistencyTolerance());
  }

  private static PlacementSettings placement(PlacementSettings before, ModelConfig config) {
    return config.getInstanceGroupCount() == 0
        ? before
        : new PlacementSettings(
            config.getInstanceGroupList().stream().map(ConfigSettings::group).toList(),
            before.fallback(),
            before.residence());
  }

  private static InstanceGroup group(ModelInstanceGroup group) {
    var kind =
        switch (group.getKind()) {
          case KIND_CPU -> InstanceGroup.Kind.CPU;
          case KIND_GPU -> InstanceGroup.Kind.EACH_GPU;
          // The model's own choice is none: ONNX Runtime runs it where it is told to.
          case KIND_AUTO, KIND_MODEL, UNRECOGNIZED -> InstanceGroup.Kind.AUTO;
        };
    return new InstanceGroup(Math.max(group.getCount(), 1), kind, group.getGpusList());
  }

  private static RuntimeSettings runtime(RuntimeSettings before, ModelConfig config) {
    var threads = config.getParametersMap().get(THREADS);
    return threads == null
        ? before
        : new RuntimeSettings(
            before.sharedThreads(),
            threads(threads.getStringValue()),
            before.cuda(),
            before.tensorrt());
  }

  private static int threads(String value) {
    try {
      return Integer.parseInt(value.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "the parameter '%s' is '%s'; it must be a whole number".formatted(THREADS, value), e);
    }
  }

  private static SchedulerSettings scheduling(SchedulerSettings before, DeclaredConfig declared) {
    var batching = declared.message().getDynamicBatching();
    int maxRows = maxBatchRows(before, declared);
    var sequences = declared.message().getSequenceBatching();
    var preferred =
        declared.message().hasSequenceBatching()
            ? sequences.getOldest().getPreferredBatchSizeList()
            : batching.getPreferredBatchSizeList();
    return new SchedulerSettings(
        maxRows,
        preferred.isEmpty()
            ? before.preferredBatchRows().stream().filter(size -> size <= maxRows).toList()
            : preferred,
        maxQueueDelay(before, declared.message()),
        before.latencyGoal(),
        declared.message().hasDynamicBatching() ? queue(before.queue(), batching) : before.queue(),
        before.padding(),
        batching.getPreserveOrdering() || sequences.getOldest().getPreserveOrdering()
            ? SchedulerSettings.Order.SUBMITTED
            : before.order(),
        before.closeLimit());
  }

  private static Duration maxQueueDelay(SchedulerSettings before, ModelConfig config) {
    var sequences = config.getSequenceBatching();
    return switch (config.getSchedulingChoiceCase()) {
      case DYNAMIC_BATCHING -> micros(config.getDynamicBatching().getMaxQueueDelayMicroseconds());
      case SEQUENCE_BATCHING ->
          micros(
              sequences.hasOldest()
                  ? sequences.getOldest().getMaxQueueDelayMicroseconds()
                  : sequences.getDirect().getMaxQueueDelayMicroseconds());
      case ENSEMBLE_SCHEDULING, SCHEDULINGCHOICE_NOT_SET -> before.maxQueueDelay();
    };
  }

  /** Without dynamic batching, Triton runs every request by itself. */
  private static int maxBatchRows(SchedulerSettings before, DeclaredConfig declared) {
    if (declared.declaresTensors()
        && !declared.message().hasDynamicBatching()
        && !declared.message().hasSequenceBatching()) {
      return 0;
    }
    int declaredRows = declared.message().getMaxBatchSize();
    return declaredRows == 0 && !declared.declaresTensors() ? before.maxBatchRows() : declaredRows;
  }

  private static QueueSettings queue(QueueSettings before, ModelDynamicBatching batching) {
    int levels =
        batching.getPriorityLevels() == 0 ? before.levels() : level(batching.getPriorityLevels());
    return new QueueSettings(
        before.maxRows(),
        levels,
        batching.getPriorityLevels() == 0
            ? before.defaultLevel()
            : level(batching.getDefaultPriorityLevel()),
        before.ageing(),
        batching.hasDefaultQueuePolicy()
            ? policy(batching.getDefaultQueuePolicy())
            : before.defaultPolicy(),
        batching.getPriorityQueuePolicyCount() == 0
            ? before.policies()
            : policies(batching.getPriorityQueuePolicyMap(), levels));
  }

  /** Levels without priorities have policies that nobody would follow. */
  private static Map<Integer, QueuePolicy> policies(Map<Long, ModelQueuePolicy> named, int levels) {
    var policies = new HashMap<Integer, QueuePolicy>();
    named.forEach(
        (level, policy) -> {
          if (level >= 1 && level <= levels) {
            policies.put(level(level), policy(policy));
          }
        });
    return policies;
  }

  private static int level(long level) {
    return level < 0 ? Integer.MAX_VALUE : (int) Math.min(level, Integer.MAX_VALUE);
  }

  private static QueuePolicy policy(ModelQueuePolicy policy) {
    int most = policy.getMaxQueueSize();
    return new QueuePolicy(
        most < 0 ? Integer.MAX_VALUE : most,
        micros(policy.getDefaultTimeoutMicroseconds()),
        policy.getTimeoutAction() == ModelQueuePolicy.TimeoutAction.DELAY
            ? QueuePolicy.Action.DELAY
            : QueuePolicy.Action.REJECT,
        policy.getAllowTimeoutOverride()
            ? QueuePolicy.TimeoutOverride.ALLOWED
            : QueuePolicy.TimeoutOverride.IGNORED);
  }

  private static Duration micros(long micros) {
    return Duration.of(micros, ChronoUnit.MICROS);
  }
}
