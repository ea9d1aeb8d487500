package dev.millrace.serving.lifecycle;

import dev.millrace.serving.lifecycle.PlacementSettings.Residence;
import dev.millrace.serving.modelconfig.AskedModel;
import dev.millrace.serving.modelconfig.CompletedConfig;
import dev.millrace.serving.modelconfig.DeclaredConfig;
import dev.millrace.serving.modelconfig.EnsemblePlans;
import dev.millrace.serving.modelconfig.EnsemblePlans.StepModel;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.scheduling.EnsemblePlan;
import dev.millrace.serving.scheduling.EnsembleScheduler;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.time.NanoClock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Opens ensembles, which take no memory and no device: their steps' models have to be served, and
 * to fit each other.
 */
final class EnsembleOpener {
  private static final String PLATFORM = "ensemble";

  private final ModelCatalog catalog;
  private final ServingMeters meters;
  private final NanoClock clock;

  EnsembleOpener(ModelCatalog catalog, ServingMeters meters, NanoClock clock) {
    this.catalog = catalog;
    this.meters = meters;
    this.clock = clock;
  }

  /**
   * Does not block.
   *
   * @throws ModelLoadException with the reason, in Triton's words
   */
  LoadedVersion open(
      Candidate candidate,
      ServablePackage files,
      DeclaredConfig declared,
      ModelSettings settings,
      long startedNanos) {
    requireNoCache(candidate.model(), settings);
    var depths = new HashMap<String, Integer>();
    var plan =
        EnsemblePlans.plan(
            candidate.model(),
            declared,
            (model, version) -> stepModel(candidate.model(), model, version, depths));
    requireFewRequests(plan);
    var signature = EnsemblePlans.signature(declared);
    LabelCheck.require(files, signature);
    var own = meters.open(candidate.model(), candidate.version());
    return new LoadedVersion(
        candidate,
        description(candidate, files, declared, signature, plan),
        new LoadedVersion.Workers(
            new EnsembleScheduler(plan, catalog.stepModels(), own, clock),
            own,
            new Berths(candidate.model(), List.of(), _ -> {}),
            null,
            Residence.KEPT,
            declared.mostRows()),
        Duration.ofNanos(clock.nanos() - startedNanos),
        Instant.now());
  }

  private static void requireNoCache(String model, ModelSettings settings) {
    if (settings.cacheBytes() > 0) {
      throw refusal(
          "response-cache is set for ensemble '%s', whose answers would outlive the versions of its steps. Set it for the models of the steps."
              .formatted(model));
    }
  }

  private static void requireFewRequests(EnsemblePlan plan) {
    if (plan.requests() > EnsembleScheduler.MOST_REQUESTS) {
      throw refusal(
          "a request to ensemble '%s' becomes %d requests of models, with those of the ensembles among its steps; %d are the most. Give it, or them, fewer steps."
              .formatted(plan.model(), plan.requests(), EnsembleScheduler.MOST_REQUESTS));
    }
  }

  private StepModel stepModel(
      String ensemble, String model, @Nullable String version, Map<String, Integer> depths) {
    var step =
        catalog
            .find(model)
            .filter(served -> !served.serving().versions().isEmpty())
            .orElseThrow(() -> notLoaded(ensemble, model));
    if (!step.serving().answers(version)) {
      throw version == null
          ? notLoaded(ensemble, model)
          : refusal(new AskedModel(model, version).missingFor(ensemble));
    }
    requireNoCircle(ensemble, model, EnsembleScheduler.MOST_DEPTH - 1, depths);
    var loaded = step.serving().version(version);
    return new StepModel(
        step.describe(version).signature(),
        loaded == null ? Integer.MAX_VALUE : loaded.workers().mostRows(),
        loaded == null ? 1 : loaded.workers().scheduler().requests());
  }

  private ModelLoadException notLoaded(String ensemble, String model) {
    var reason =
        catalog.versions().stream()
            .filter(status -> status.model().equals(model))
            .filter(status -> status.state() == VersionState.UNAVAILABLE)
            .map(VersionStatus::reason)
            .filter(why -> !why.isEmpty() && !why.equals("unloaded"))
            .findFirst()
            .map(why -> ". Model '%s' loading failed with error: %s".formatted(model, why))
            .orElse("");
    return refusal(new AskedModel(model, null).missingFor(ensemble) + reason);
  }

  /**
   * Ensembles that change at the same time may close a circle all the same, see their depth.
   *
   * @param depths by model that was looked at, the depth that was left below it: ensembles that
   *     share their steps have far more ways through them than steps
   */
  private void requireNoCircle(
      String ensemble, String step, int depthLeft, Map<String, Integer> depths) {
    if (depthLeft == 0) {
      throw refusal(
          "ensemble '%s' has ensembles within ensembles; %d are the most"
              .formatted(ensemble, EnsembleScheduler.MOST_DEPTH));
    }
    if (depths.getOrDefault(step, Integer.MAX_VALUE) <= depthLeft) {
      return;
    }
    depths.put(step, depthLeft);
    for (var inner : stepsOf(step)) {
      if (inner.equals(ensemble)) {
        throw refusal(
            "circular dependency between ensembles: %s -> ... -> %s -> %s"
                .formatted(ensemble, step, ensemble));
      }
      requireNoCircle(ensemble, inner, depthLeft - 1, depths);
    }
  }

  private List<String> stepsOf(String model) {
    return catalog
        .find(model)
        .filter(served -> served.serving().answers(null))
        .map(served -> served.describe(null).steps())
        .orElse(List.of());
  }

  private ModelDescription description(
      Candidate candidate,
      ServablePackage files,
      DeclaredConfig declared,
      Signature signature,
      EnsemblePlan plan) {
    return new ModelDescription(
        candidate.model(),
        candidate.version(),
        List.of(candidate.version()),
        PLATFORM,
        signature,
        declared.message().getMaxBatchSize(),
        files.labels(),
        null,
        CompletedConfig.ofEnsemble(candidate.model(), declared),
        labels(declared, plan),
        List.of());
  }

  /** Where the ensemble names no labels of an output, those of the step that makes it hold. */
  private Map<String, List<String>> labels(DeclaredConfig declared, EnsemblePlan plan) {
    var labels = new HashMap<String, List<String>>();
    for (var result : plan.results()) {
      for (var step : plan.steps()) {
        int at = step.makes().indexOf(result.tensor());
        if (at >= 0) {
          var own = catalog.describe(step.model(), step.version()).labels(step.outputs().get(at));
          labels.put(result.declared().name(), own);
        }
      }
    }
    labels.values().removeIf(List::isEmpty);
    labels.putAll(declared.labels());
    return labels;
  }

  private static ModelLoadException refusal(String message) {
    return new ModelLoadException(message, null);
  }
}
