package dev.millrace.serving.repository;

import dev.millrace.protocol.mlflow.MlflowClient;
import dev.millrace.protocol.mlflow.MlflowException;
import dev.millrace.protocol.mlflow.RegisteredModel;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.Candidate;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.Rollout;
import dev.millrace.serving.lifecycle.VersionStatus;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.time.NanoClock;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves, of every registered model of a store, the version that an alias points to.
 *
 * <p>The alias is what somebody wants served: where it is deleted, or its model, the model is
 * unloaded. Only a clear answer of the store does that. A store that does not answer, refuses, or
 * lists no models at all changes nothing, because that is how a broken store looks.
 */
public final class StoreRepository implements ModelControl, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(StoreRepository.class);
  private static final CompletableFuture<Void> NOTHING_TO_DO =
      CompletableFuture.completedFuture(null);
  private static final String STORE = "store";
  private static final String EMPTY = "empty";

  private final MlflowClient store;
  private final StoreSettings settings;
  private final Rollout rollout;
  private final ModelCatalog catalog;
  private final NanoClock clock;
  private final ArtifactCache cache;
  private final VersionReports reports;
  private final Notices notices = new Notices(log);
  private final Map<String, Follower> followers = new ConcurrentHashMap<>();

  /** What each model serves. */
  private final Map<String, Champion> served = new ConcurrentHashMap<>();

  /** Touched by the poller only. */
  private boolean firstRoundOver;

  private volatile @Nullable Poller poller;
  private volatile @Nullable StoreWatch watch;

  /** Does nothing before {@link #start}. */
  public StoreRepository(
      MlflowClient store,
      StoreSettings settings,
      Rollout rollout,
      ModelCatalog catalog,
      NanoClock clock) {
    this.store = store;
    this.settings = settings;
    this.rollout = rollout;
    this.catalog = catalog;
    this.clock = clock;
    this.cache = new ArtifactCache(settings.cache());
    this.reports = new VersionReports(store);
  }

  /** Begins to follow the store, and returns at once. */
  public void start() {
    var polling = Poller.start("store-poll", settings.pollInterval(), this::look);
    poller = polling;
    if (settings.watch().isPositive()) {
      watch = StoreWatch.start(store, settings.watch(), clock, polling::call);
    }
  }

  private void look() {
    try {
      var models = store.registeredModels();
      if (notices.over(STORE)) {
        log.info("The store answers again");
      }
      finishRound(follow(models));
      unloadMissing(models);
    } catch (MlflowException e) {
      notices.once(STORE, "Serving goes on without the store: " + e.getMessage());
      serveFromCache();
    }
  }

  private List<CompletableFuture<Void>> follow(List<RegisteredModel> models) {
    var loads = new ArrayList<CompletableFuture<Void>>();
    for (var model : models) {
      if (ModelName.allowed(model.name())) {
        model
            .versionByAlias(settings.alias())
            .ifPresent(version -> loads.add(follow(model, version)));
      } else {
        notices.once(
            model.name(),
            "Registered model '%s' is not served. %s".formatted(model.name(), ModelName.rule()));
      }
    }
    return loads;
  }

  private CompletableFuture<Void> follow(RegisteredModel model, String version) {
    var current = served.get(model.name());
    var follower = follower(model.name());
    if (follower.busy() || (current != null && current.is(version, model.creationTimestamp()))) {
      return NOTHING_TO_DO;
    }
    return champion(model, version)
        .map(wanted -> follower.follow(downloaded(wanted), new Served(wanted)))
        .orElse(NOTHING_TO_DO);
  }

  /** What the alias means, unless the store says that this one is not to be had. */
  private Optional<Champion> champion(RegisteredModel model, String version) {
    try {
      var details = store.modelVersion(model.name(), version);
      notices.over(model.name());
      reports.seen(details);
      return Optional.of(Champion.of(details, model.creationTimestamp()));
    } catch (MlflowException e) {
      if (e.status() == 0) {
        throw e;
      }
      notices.once(
          model.name(),
          "Cannot look up %s %s: %s".formatted(model.name(), version, e.getMessage()));
      return Optional.empty();
    }
  }

  private Candidate downloaded(Champion champion) {
    return candidate(champion, () -> cache.fetch(champion, folder -> download(champion, folder)));
  }

  private void download(Champion champion, Path folder) {
    store.downloadArtifacts(store.downloadUri(champion.model(), champion.version()), folder);
  }

  private static Candidate candidate(Champion champion, Candidate.Files files) {
    return new Candidate(champion.model(), champion.version(), champion.identity(), files);
  }

  private Follower follower(String model) {
    return followers.computeIfAbsent(model, _ -> new Follower(rollout, clock));
  }

  /** The first round with an answer, from the store or from the cache, decides readiness. */
  private void finishRound(List<CompletableFuture<Void>> loads) {
    if (!firstRoundOver) {
      CompletableFuture.allOf(loads.toArray(CompletableFuture[]::new)).join();
      catalog.firstRoundOver();
      firstRoundOver = true;
    }
  }

  /** Only at the start: later on, what is served is in memory. */
  private void serveFromCache() {
    var remembered = cache.remembered();
    if (firstRoundOver || remembered.isEmpty()) {
      return;
    }
    finishRound(remembered.stream().map(this::followCached).toList());
  }

  private CompletableFuture<Void> followCached(Champion champion) {
    log.info(
        "Serving from the cache, the store does not answer: model={} version={}",
        champion.model(),
        champion.version());
    return follower(champion.model())
        .follow(candidate(champion, () -> cache.cached(champion)), new Served(champion));
  }

  private void unloadMissing(List<RegisteredModel> models) {
    if (models.isEmpty() && !served.isEmpty()) {
      notices.once(EMPTY, "The store lists no models; what is loaded stays: " + served.keySet());
      return;
    }
    notices.over(EMPTY);
    var wanted =
        models.stream()
            .filter(model -> model.versionByAlias(settings.alias()).isPresent())
            .map(RegisteredModel::name)
            .collect(Collectors.toSet());
    followers.forEach(
        (model, follower) -> {
          if (!wanted.contains(model) && !follower.busy() && aliasIsGone(model)) {
            unload(model, follower);
          }
        });
  }

  /** Asks for this one model: a list may have been read while it changed. */
  private boolean aliasIsGone(String model) {
    return store.versionByAlias(model, settings.alias()).isEmpty();
  }

  private void unload(String model, Follower follower) {
    rollout.unload(model, "unloaded");
    followers.remove(model, follower);
    served.remove(model);
    cache.forget(model);
  }

  /** What follows when a champion was loaded, or was not. */
  private final class Served implements Follower.Outcome {
    private final Champion champion;

    Served(Champion champion) {
      this.champion = champion;
    }

    @Override
    public void served() {
      served.put(champion.model(), champion);
      cache.remember(champion);
      cache.prune();
      reports.served(champion.model(), champion.version());
    }

    @Override
    public void failed(ModelLoadException reason) {
      reports.failed(champion.model(), champion.version(), String.valueOf(reason.getMessage()));
    }

    /** The alias may have moved meanwhile, and a look that found the model busy left it alone. */
    @Override
    public void over() {
      Optional.ofNullable(poller).ifPresent(Poller::call);
    }
  }

  @Override
  public void load(String model) {
    throw notAllowed();
  }

  @Override
  public void unload(String model) {
    throw notAllowed();
  }

  @Override
  public List<VersionStatus> index() {
    return catalog.versions();
  }

  private InferenceException notAllowed() {
    return new InferenceException(
        new InferenceFailure.NotReady(
            "explicit model load / unload is not allowed if polling is enabled; move or delete the alias '%s' in the model store instead"
                .formatted(settings.alias())));
  }

  /** Stops following; what is loaded stays. */
  @Override
  public void close() {
    Optional.ofNullable(watch).ifPresent(StoreWatch::close);
    Optional.ofNullable(poller).ifPresent(Poller::close);
  }
}
