package dev.millrace.serving.repository;

import dev.millrace.serving.lifecycle.InstanceGroup;
import dev.millrace.serving.lifecycle.ModelSettings;
import dev.millrace.serving.lifecycle.PlacementSettings;
import dev.millrace.serving.lifecycle.PlacementSettings.Fallback;
import dev.millrace.serving.lifecycle.PlacementSettings.Residence;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.scheduling.PaddingSettings;
import dev.millrace.serving.scheduling.QueuePolicy;
import dev.millrace.serving.scheduling.QueuePolicy.TimeoutOverride;
import dev.millrace.serving.scheduling.QueueSettings;
import dev.millrace.serving.scheduling.SchedulerSettings;
import dev.millrace.serving.scheduling.SchedulerSettings.Order;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Lays what one file says about a model over the settings known so far. */
final class SettingsReader {
  private static final Set<String> KEYS =
      Set.of(
          "max-batch-rows",
          "preferred-batch-rows",
          "max-queue-delay",
          "max-queue-rows",
          "latency-goal",
          "preserve-ordering",
          "priority-levels",
          "default-priority",
          "priority-ageing",
          "queue-policy",
          "queue-policies",
          "padding",
          "padded-outputs",
          "instances",
          "cpu-fallback",
          "keep-loaded",
          "intra-op-threads",
          "cuda",
          "tensorrt",
          "response-cache",
          "weight",
          "consistency-tolerance");

  private SettingsReader() {}

  /**
   * Refuses what is the operator's to say, where files of engines lie: TensorRT trusts what it
   * finds there.
   */
  static void requireFitForModels(SettingsMap map) {
    for (var name : map.map("tensorrt").keys()) {
      if (name.contains("_cache_")) {
        throw new IllegalArgumentException(
            "The settings beside the model have the option '%s' of tensorrt, which is the operator's: set it in the file that MILLRACE_MODEL_SETTINGS names."
                .formatted(name));
      }
    }
  }

  /** What the map does not mention stays as it was. */
  static ModelSettings over(ModelSettings before, SettingsMap map) {
    map.requireOnly(KEYS);
    return new ModelSettings(
        placement(before.placement(), map),
        runtime(before.runtime(), map),
        scheduling(before.scheduling(), map),
        map.bytes("response-cache", before.cacheBytes()),
        map.number("weight", before.weight()),
        map.number("consistency-tolerance", before.consistencyTolerance()));
  }

  private static PlacementSettings placement(PlacementSettings before, SettingsMap map) {
    var fallback = map.flag("cpu-fallback", before.fallback() == Fallback.CPU);
    var kept = map.flag("keep-loaded", before.residence() == Residence.KEPT);
    return new PlacementSettings(
        map.has("instances") ? groups(map) : before.groups(),
        fallback ? Fallback.CPU : Fallback.FORBIDDEN,
        kept ? Residence.KEPT : Residence.ON_DEMAND);
  }

  private static List<InstanceGroup> groups(SettingsMap map) {
    return map.maps("instances").stream().map(SettingsReader::group).toList();
  }

  private static InstanceGroup group(SettingsMap map) {
    map.requireOnly(Set.of("count", "kind", "devices"));
    return new InstanceGroup(
        map.whole("count", 1),
        map.choice("kind", InstanceGroup.Kind.AUTO),
        map.wholes("devices", List.of()));
  }

  private static RuntimeSettings runtime(RuntimeSettings before, SettingsMap map) {
    return new RuntimeSettings(
        before.sharedThreads(),
        map.whole("intra-op-threads", before.intraOpThreads()),
        map.texts("cuda", before.cuda()),
        map.texts("tensorrt", before.tensorrt()));
  }

  private static SchedulerSettings scheduling(SchedulerSettings before, SettingsMap map) {
    return new SchedulerSettings(
        map.whole("max-batch-rows", before.maxBatchRows()),
        map.wholes("preferred-batch-rows", before.preferredBatchRows()),
        map.duration("max-queue-delay", before.maxQueueDelay()),
        map.duration("latency-goal", before.latencyGoal()),
        queue(before.queue(), map),
        padding(before.padding(), map),
        map.flag("preserve-ordering", before.order() == Order.SUBMITTED)
            ? Order.SUBMITTED
            : Order.READY,
        before.closeLimit());
  }

  private static PaddingSettings padding(PaddingSettings before, SettingsMap map) {
    return new PaddingSettings(
        map.numbers("padding", before.values()), map.words("padded-outputs", before.outputs()));
  }

  private static QueueSettings queue(QueueSettings before, SettingsMap map) {
    int levels = map.whole("priority-levels", before.levels());
    return new QueueSettings(
        map.whole("max-queue-rows", before.maxRows()),
        levels,
        map.whole("default-priority", Math.min(before.defaultLevel(), levels)),
        map.duration("priority-ageing", before.ageing()),
        policy(before.defaultPolicy(), map.map("queue-policy")),
        map.has("queue-policies") ? policies(map.map("queue-policies")) : before.policies());
  }

  /** By priority. */
  private static Map<Integer, QueuePolicy> policies(SettingsMap map) {
    var policies = new HashMap<Integer, QueuePolicy>();
    for (var priority : map.keys()) {
      policies.put(level(priority), policy(QueuePolicy.NONE, map.map(priority)));
    }
    return policies;
  }

  private static int level(String key) {
    try {
      return Integer.parseInt(key);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "queue-policies has the key '%s'; it must be a priority such as 1".formatted(key), e);
    }
  }

  private static QueuePolicy policy(QueuePolicy before, SettingsMap map) {
    map.requireOnly(
        Set.of("max-queue-rows", "default-timeout", "timeout-action", "allow-timeout-override"));
    boolean allowed =
        map.flag("allow-timeout-override", before.override() == TimeoutOverride.ALLOWED);
    return new QueuePolicy(
        map.whole("max-queue-rows", before.maxQueueRows()),
        map.duration("default-timeout", before.defaultTimeout()),
        map.choice("timeout-action", before.action()),
        allowed ? TimeoutOverride.ALLOWED : TimeoutOverride.IGNORED);
  }
}
