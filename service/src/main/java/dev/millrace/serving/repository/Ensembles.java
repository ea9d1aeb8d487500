package dev.millrace.serving.repository;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.Rollout;
import dev.millrace.serving.lifecycle.VersionState;
import dev.millrace.serving.lifecycle.VersionStatus;
import dev.millrace.serving.modelconfig.AskedModel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
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

  /** Those in service that were loaded by name, as they were loaded. */
  private final Map<String, FoundModel> loaded = new ConcurrentHashMap<>();

  /** Those of them that went out of service only because of a model that they ask. */
  private final Map<String, FoundModel> orphans = new ConcurrentHashMap<>();

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
    loaded.remove(model);
    var gone = new AskedModel(model, null);
    asking(model).forEach(ensemble -> leave(ensemble, gone.missingFor(ensemble)));
  }

  private void leave(String ensemble, String reason) {
    var found = loaded.remove(ensemble);
    if (found != null) {
      orphans.put(ensemble, found);
    }
    log.info("Ensemble goes with what it asks: ensemble={} reason={}", ensemble, reason);
    rollout.unload(ensemble, reason);
    unloaded(ensemble);
  }

  /**
   * A model was loaded by name, and versions of it may have gone that ensembles ask. Where it is an
   * ensemble, a model that it asks may have gone after the load had seen it, and before there was
   * an ensemble to go with it.
   */
  void loaded(FoundModel found) {
    if (found.config().isEnsemble()) {
      orphans.remove(found.model());
      loaded.put(found.model(), found);
    }
    List.copyOf(loaded.values()).forEach(this::leaveIfIncomplete);
  }

  /** Takes an ensemble that is in service out of it, where anything that it asks is not served. */
  void leaveIfIncomplete(FoundModel found) {
    found.config().asked().stream()
        .filter(step -> !isServed(step))
        .findFirst()
        .ifPresent(step -> leave(found.model(), step.missingFor(found.model())));
  }

  /** Loads those that went out of service with a model that is back now, each once. */
  void loadOrphans(Consumer<FoundModel> load) {
    for (var next = takeOrphan(); next.isPresent(); next = takeOrphan()) {
      load.accept(next.get());
    }
  }

  private Optional<FoundModel> takeOrphan() {
    var back =
        orphans.values().stream()
            .filter(orphan -> orphan.config().asked().stream().allMatch(this::isServed))
            .findFirst();
    back.ifPresent(orphan -> orphans.remove(orphan.model()));
    return back;
  }

  /** The ensemble as it was before it went out of service with a model that it asks. */
  Optional<FoundModel> orphan(String ensemble) {
    return Optional.ofNullable(orphans.get(ensemble));
  }

  private boolean isServed(AskedModel step) {
    return catalog.ready(step.model(), step.version());
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
        loaded.remove(step);
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
