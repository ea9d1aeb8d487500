package dev.millrace.serving.repository;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.Rollout;
import dev.millrace.serving.lifecycle.VersionState;
import dev.millrace.serving.lifecycle.VersionStatus;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps ensembles and the models they ask together: an ensemble goes out of service with any model
 * that it asks. Thread-safe.
 */
final class Ensembles {
  private static final Logger log = LoggerFactory.getLogger(Ensembles.class);
  private static final Duration DRAIN_LIMIT = Duration.ofSeconds(10);
  private static final long LOOK_NANOS = 2_000_000;

  private final ModelCatalog catalog;
  private final Rollout rollout;

  /** Those that went out of service only because of a model that they ask, and what they ask. */
  private final Map<String, List<String>> orphans = new ConcurrentHashMap<>();

  Ensembles(ModelCatalog catalog, Rollout rollout) {
    this.catalog = catalog;
    this.rollout = rollout;
  }

  /** The state of the models that an ensemble asks: it loads, or does not, because of these. */
  String circumstances(FoundModel found) {
    var asked = found.config().stepModels();
    return asked.isEmpty()
        ? ""
        : catalog.versions().stream()
            .filter(status -> asked.contains(status.model()))
            .filter(status -> status.state() == VersionState.READY)
            .map(Ensembles::mark)
            .collect(Collectors.joining("|", "|", ""));
  }

  private static String mark(VersionStatus status) {
    return status.model() + ":" + status.version() + ":" + status.availableSince();
  }

  /** A model went out of service, and with it all ensembles that ask it. */
  void unloaded(String model) {
    for (var ensemble : asking(model)) {
      orphans.put(ensemble, stepsOf(ensemble));
      log.info("Ensemble goes with a model that it asks: ensemble={} model={}", ensemble, model);
      rollout.unload(
          ensemble,
          "ensemble '%s' depends on '%s' which has no loaded version".formatted(ensemble, model));
      unloaded(ensemble);
    }
  }

  /** One that went out of service with a model that is back now; each is told of once. */
  Optional<String> takeOrphan() {
    var back =
        orphans.entrySet().stream()
            .filter(orphan -> orphan.getValue().stream().allMatch(this::isServed))
            .map(Map.Entry::getKey)
            .findFirst();
    back.ifPresent(orphans::remove);
    return back;
  }

  private boolean isServed(String model) {
    return catalog.ready(model, null);
  }

  /** What it does is decided by name from now on. */
  void chosen(String model) {
    orphans.remove(model);
  }

  /** The models that a served ensemble asks; none of any other model. */
  List<String> stepsOf(String model) {
    try {
      return catalog.describe(model, null).steps();
    } catch (InferenceException _) {
      return List.of();
    }
  }

  /**
   * Unloads the models that an ensemble asked, but for those that others ask, and what those asked.
   * Waits a while for its requests, which need them.
   */
  void unloadSteps(String ensemble, List<String> steps) {
    awaitDrained(ensemble);
    for (var step : new TreeSet<>(steps)) {
      if (asking(step).isEmpty()) {
        var inner = stepsOf(step);
        rollout.unload(step, "unloaded");
        unloadSteps(step, inner);
      }
    }
  }

  private void awaitDrained(String model) {
    long startedNanos = System.nanoTime();
    while (isUnloading(model)
        && System.nanoTime() - startedNanos < DRAIN_LIMIT.toNanos()
        && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(this, LOOK_NANOS);
    }
  }

  private boolean isUnloading(String model) {
    return catalog.versions().stream()
        .anyMatch(
            status -> status.model().equals(model) && status.state() == VersionState.UNLOADING);
  }

  /** The ensembles in service that ask a model. */
  private List<String> asking(String model) {
    return catalog.versions().stream()
        .filter(status -> status.state() == VersionState.READY)
        .map(VersionStatus::model)
        .distinct()
        .filter(other -> stepsOf(other).contains(model))
        .toList();
  }
}
