package dev.millrace.serving.repository;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.Rollout;
import dev.millrace.serving.lifecycle.VersionStatus;
import dev.millrace.serving.repository.ModelDirectory.Contents;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.time.NanoClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves the models of a directory. Thread-safe. */
public final class DirectoryRepository implements ModelControl, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DirectoryRepository.class);

  private static final String ROOT = "root";

  /** What takes longest comes first, so that no loader is left with it when the others rest. */
  private static final Comparator<FoundModel> LARGEST_FIRST =
      Comparator.comparingLong(FoundModel::bytes).reversed().thenComparing(FoundModel::model);

  private final DirectorySettings settings;
  private final ModelDirectory directory;
  private final Rollout rollout;
  private final ModelCatalog catalog;
  private final NanoClock clock;
  private final Ensembles ensembles;
  private final Notices notices = new Notices(log);
  private final Map<String, Follower> followers = new ConcurrentHashMap<>();

  private final Uploads uploads;

  /** What the last look saw; touched by the poller only. */
  private Contents seen = new Contents(Map.of(), Map.of());

  /** Whether there was a look; touched by the poller only. */
  private boolean looked;

  private volatile @Nullable Poller poller;

  /** Does nothing before {@link #start}. */
  public DirectoryRepository(
      DirectorySettings settings, Rollout rollout, ModelCatalog catalog, NanoClock clock) {
    this.settings = settings;
    this.directory = new ModelDirectory(settings.root(), settings.flatName());
    this.rollout = rollout;
    this.catalog = catalog;
    this.clock = clock;
    uploads = Uploads.below(settings.uploads());
    ensembles = new Ensembles(catalog, rollout);
  }

  /**
   * Begins to load what the mode says, and returns at once.
   *
   * @throws IllegalArgumentException when there is no such directory
   */
  public void start() {
    if (!Files.isDirectory(settings.root())) {
      throw new IllegalArgumentException(
          "The model directory '%s' does not exist or is no directory. Set MILLRACE_MODELS, or --models, to a directory of models."
              .formatted(settings.root()));
    }
    switch (settings.control()) {
      case NONE -> Thread.ofVirtual().name("directory-load").start(this::look);
      case EXPLICIT -> catalog.firstRoundOver();
      case POLL -> poller = Poller.start("directory-poll", settings.pollInterval(), this::look);
    }
  }

  /** One look at the directory: loads what is new or changed, unloads what is gone. */
  void look() {
    try {
      var contents = directory.read();
      notices.over(ROOT);
      contents.refused().forEach(this::tellOfRefused);
      var wanted =
          contents.models().values().stream().filter(this::settled).sorted(LARGEST_FIRST).toList();
      awaitFirst(new LoadOrder(wanted, this::follow).start());
      unloadMissing(contents);
      seen = contents;
    } catch (IOException | UncheckedIOException e) {
      tellOfUnreadable(e);
    }
  }

  private void tellOfRefused(String model, String reason) {
    notices.once("refused " + model, "Model is not offered: model=" + model + " reason=" + reason);
  }

  private void tellOfUnreadable(Exception e) {
    notices.once(ROOT, "Cannot read the model directory, what is loaded goes on: " + e);
  }

  /** Only the first look waits for its loads; later ones must see other models change meanwhile. */
  private void awaitFirst(List<CompletableFuture<Void>> loads) {
    if (!looked) {
      CompletableFuture.allOf(loads.toArray(CompletableFuture[]::new)).join();
      catalog.firstRoundOver();
      looked = true;
    }
  }

  /** Whether the files did not change for an interval; a version under copy still changes. */
  private boolean settled(FoundModel found) {
    if (settings.control() != ControlMode.POLL) {
      return true;
    }
    var before = seen.models().get(found.model());
    if (before != null) {
      return before.fingerprints().equals(found.fingerprints());
    }
    var age = Duration.between(found.newest().toInstant(), Instant.now());
    return age.compareTo(settings.pollInterval()) > 0;
  }

  private CompletableFuture<Void> follow(FoundModel found) {
    tellOfConfig(found);
    var wanted = found.candidates();
    if (rollout.serves(wanted)) {
      ensembles.leaveIfIncomplete(found);
      return CompletableFuture.completedFuture(null);
    }
    return followers
        .computeIfAbsent(found.model(), _ -> new Follower(rollout, clock))
        .follow(
            wanted,
            found.fingerprints() + found.config().identity() + ensembles.circumstances(found),
            Follower.Outcome.NONE);
  }

  private void tellOfConfig(FoundModel found) {
    for (var note : found.config().notes()) {
      notices.once(
          "config " + found.model() + note,
          "config.pbtxt: model=%s note=%s".formatted(found.model(), note));
    }
  }

  private void unloadMissing(Contents contents) {
    followers.forEach(
        (model, follower) -> {
          // A load under way is left alone; the next look sees its end.
          if (!contents.mentions(model) && !follower.busy()) {
            rollout.unload(model, "its files were removed");
            ensembles.unloaded(model);
            followers.remove(model);
          }
        });
  }

  @Override
  public void load(String model) {
    load(model, SentModel.NOTHING);
  }

  @Override
  public void load(String model, SentModel sent) {
    settings.control().requireExplicit();
    uploads.load(model, sent, directory, where -> loadChosen(findForLoad(where, model, sent)));
  }

  @Override
  public boolean takesFiles() {
    return uploads.allowed() && settings.control() == ControlMode.EXPLICIT;
  }

  @Override
  public LoadPlace admit(long bytes) {
    return takesFiles() ? uploads.admit(bytes) : LoadPlace.NONE;
  }

  private void loadChosen(FoundModel found) {
    ensembles.chosen(found.model());
    load(found, Set.of());
    ensembles.loadOrphans(orphan -> tryLoad(() -> orphan, Set.of()));
  }

  /** After the models that it asks, if they are not served. */
  private void load(FoundModel found, Set<String> asking) {
    tellOfConfig(found);
    var all = new HashSet<>(asking);
    all.add(found.model());
    for (var step : found.config().asked()) {
      var name = step.model();
      if (!all.contains(name) && !catalog.ready(name, step.version())) {
        var kept = ensembles.orphan(name);
        tryLoad(() -> kept.orElseGet(() -> findForLoad(directory, name, SentModel.NOTHING)), all);
      }
    }
    try {
      if (found.sent()) {
        // Their files are kept, or removed, together.
        rollout.serveTogether(found.candidates());
      } else {
        rollout.serve(found.candidates());
      }
      ensembles.loaded(found);
    } catch (ModelLoadException e) {
      throw new InferenceException(
          new InferenceFailure.Invalid(
              "failed to load '%s', %s".formatted(found.model(), e.getMessage())));
    }
  }

  /** What fails stands in the index, and in the failure of the ensemble. */
  private void tryLoad(Supplier<FoundModel> found, Set<String> asking) {
    try {
      load(found.get(), asking);
    } catch (InferenceException e) {
      log.warn("Model was not loaded with others: {}", e.failure().message());
    }
  }

  @Override
  public void unload(String model) {
    unload(model, () -> {});
  }

  @Override
  public void unloadWithDependents(String model) {
    var steps = ensembles.stepsOf(model);
    unload(model, () -> ensembles.unloadSteps(model, steps));
  }

  private void unload(String model, Runnable more) {
    settings.control().requireExplicit();
    uploads.unload(model, () -> unloadChosen(model, more));
  }

  private void unloadChosen(String model, Runnable more) {
    try {
      ensembles.chosen(model);
      rollout.unload(model, "unloaded");
      ensembles.unloaded(model);
      more.run();
    } catch (ModelLoadException e) {
      throw new InferenceException(
          new InferenceFailure.NotReady(
              "failed to unload '%s', %s".formatted(model, e.getMessage())));
    }
  }

  @Override
  public List<VersionStatus> index() {
    return RepositoryIndex.of(catalog, offered());
  }

  private List<String> offered() {
    try {
      return List.copyOf(directory.read().models().keySet());
    } catch (IOException | UncheckedIOException e) {
      tellOfUnreadable(e);
      return List.of();
    }
  }

  private static FoundModel findForLoad(ModelDirectory where, String model, SentModel sent) {
    try {
      return where
          .find(model, sent.config())
          .orElseThrow(() -> notPolled(model, "there is no such model"));
    } catch (IOException | UncheckedIOException e) {
      throw notPolled(model, String.valueOf(e.getMessage()));
    }
  }

  private static InferenceException notPolled(String model, String why) {
    return new InferenceException(
        new InferenceFailure.NotFound(
            "failed to load '%s', failed to poll from model repository: %s".formatted(model, why)));
  }

  /** Stops looking, and removes what loads brought along; what is loaded stays. */
  @Override
  public void close() {
    var running = poller;
    if (running != null) {
      running.close();
    }
    uploads.close();
  }
}
