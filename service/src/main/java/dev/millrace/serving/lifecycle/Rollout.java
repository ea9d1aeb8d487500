package dev.millrace.serving.lifecycle;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.runtime.ModelLoadException;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes which versions are live: fetch, place, open, check, warm up, swap, drain; and loads again
 * what was unloaded to make room once a request needs it.
 *
 * <p>Thread-safe; changes of one model take turns, those of different models do not wait for each
 * other except for a loader thread. Whatever goes wrong before the swap leaves the live version as
 * it is. Methods block: call them on virtual threads.
 */
public final class Rollout implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Rollout.class);

  private final ModelCatalog catalog;
  private final VersionLoader loader;
  private final Retirement retirement;
  private final WaitingRoom waitingRoom;
  private final Recovery recovery;
  private final VersionSwaps swaps;
  private final ChangeTurns turns;
  private final Supplier<Duration> stopLimit;
  private final ReentrantLock offers = new ReentrantLock();

  /**
   * Publishes to this catalog.
   *
   * @param stopLimit the longest a stop may wait for requests under way, asked when it begins
   */
  public Rollout(
      ModelCatalog catalog,
      VersionLoader loader,
      LifecycleSettings settings,
      Supplier<Duration> stopLimit) {
    this.catalog = catalog;
    this.loader = loader;
    this.retirement = loader.placements().retirement();
    turns = new ChangeTurns(settings.loadLimit());
    this.stopLimit = stopLimit;
    waitingRoom =
        new WaitingRoom(
            loader.placements().limits().waitingRequests(), loader.clock(), this::beginWaking);
    catalog.waitIn(waitingRoom);
    recovery = new Recovery(loader.placements(), this::reload);
    var attempts = new LoadAttempts(loader, settings.loadLimit());
    swaps = new VersionSwaps(catalog, attempts, retirement, recovery);
  }

  /**
   * Whether just these contents, all of one model, answer requests, be it only after they were
   * loaded again; or will, once a device has room for them again.
   */
  public boolean serves(Collection<Candidate> wanted) {
    return catalog
        .find(modelOf(wanted))
        .map(ServedModel::serving)
        .orElse(Serving.NOTHING)
        .isExactly(wanted);
  }

  /**
   * Makes the candidate the only version that answers requests and returns when it is loaded; at
   * once when it is already.
   *
   * @throws ModelLoadException with the reason, which also stands on the version's state
   */
  public void serve(Candidate candidate) {
    serve(List.of(candidate));
  }

  /**
   * Makes these versions of one model, and no others, answer requests; the highest of them answers
   * those that name none. Returns when they are loaded. A version that is served already is left
   * alone, and one that cannot be replaced goes on. Where none of the numbers can be served, all
   * that is served goes on.
   *
   * @throws ModelLoadException with the reason of the first that failed, which also stands on the
   *     version's state; the others are served
   */
  public void serve(Collection<Candidate> wanted) {
    var model = catalog.entry(modelOf(wanted));
    turns.take(model);
    try {
      swaps.replaceMissing(model, wanted, haste(), candidate -> isLoaded(model, candidate));
    } finally {
      model.changes().unlock();
    }
  }

  private static String modelOf(Collection<Candidate> wanted) {
    return wanted.iterator().next().model();
  }

  /**
   * Makes these versions of one model, and no others, answer requests, in one swap. Each is loaded,
   * also where the same is served.
   *
   * @throws ModelLoadException with the reason of the first that failed; then none of them is
   *     served, and what is served goes on as it is
   */
  public void serveTogether(Collection<Candidate> wanted) {
    var model = catalog.entry(modelOf(wanted));
    turns.take(model);
    try {
      swaps.replaceTogether(model, wanted, haste());
    } finally {
      model.changes().unlock();
    }
  }

  private Haste haste() {
    return catalog.starting() ? Haste.START : Haste.NONE;
  }

  private static boolean isLoaded(ServedModel model, Candidate candidate) {
    return model.serving().loaded().stream().anyMatch(version -> version.has(candidate));
  }

  /** Loads a lost version, if it is still the one that is missing. */
  private void reload(ServedModel model, LostVersion lost) {
    turns.take(model);
    try {
      if (model.serving().contains(lost)) {
        swaps.replace(model, lost.candidate(), Haste.AWAITED, UnaryOperator.identity()).close();
      }
    } finally {
      model.changes().unlock();
    }
  }

  /**
   * Makes these versions of one model, and no others, answer requests. Where nothing of the model
   * does yet, there is one, an earlier process loaded it, and there is no free room, it begins
   * unloaded: the first request loads it.
   *
   * @throws ModelLoadException as {@link #serve}
   */
  public void offer(Collection<Candidate> wanted) {
    var model = catalog.entry(modelOf(wanted));
    var first = wanted.iterator().next();
    turns.take(model);
    try {
      if (wanted.size() > 1 || model.serving().answers(null) || !loader.knows(first)) {
        swaps.replaceMissing(model, wanted, haste(), candidate -> model.serving().has(candidate));
      } else {
        offerKnown(model, first);
      }
    } finally {
      model.changes().unlock();
    }
  }

  /**
   * One at a time, so that each sees what room those before it left; without a turn all the same.
   */
  private void offerKnown(ServedModel model, Candidate candidate) {
    boolean alone = turns.tryTake(offers);
    try {
      var asleep = loader.asleep(candidate);
      if (asleep.isEmpty()) {
        serve(candidate);
        return;
      }
      retirement.retire(model, _ -> Serving.only(asleep.get()), "");
      log.info("Version known: model={} version={}", candidate.model(), candidate.version());
    } finally {
      if (alone) {
        offers.unlock();
      }
    }
  }

  /**
   * Takes the model away from new requests and returns; requests under way finish. A model that was
   * never here stays unknown.
   *
   * @throws ModelLoadException when another change of the model takes longer than a load may
   */
  public void unload(String name, String reason) {
    catalog.find(name).ifPresent(model -> unload(model, reason));
  }

  private void unload(ServedModel model, String reason) {
    turns.take(model);
    try {
      catalog.forgive(model.name());
      retirement.retire(model, _ -> Serving.NOTHING, reason);
      loader.placements().ledger().forget(model.name());
    } finally {
      model.changes().unlock();
    }
  }

  ModelCatalog catalog() {
    return catalog;
  }

  /**
   * Loads a version anew, elsewhere; nothing once it is in service no more.
   *
   * @throws ModelLoadException where that fails, and the version stays where it is
   */
  void relocate(ServedModel model, LoadedVersion version) throws IOException {
    turns.take(model);
    try {
      if (model.serving().contains(version)) {
        swaps.swap(model, version.candidate(), Haste.NONE, UnaryOperator.identity()).close();
      }
    } finally {
      model.changes().unlock();
    }
  }

  private void beginWaking(Awakening awakening) {
    Thread.ofVirtual().name("wake-" + awakening.model().name()).start(() -> wake(awakening));
  }

  /** The boundary of a load on demand: whoever waits is told what became of it. */
  private void wake(Awakening awakening) {
    var model = awakening.model();
    try (var _ = loadedAgain(model, awakening.version())) {
      awakening.end(waitingRoom);
    } catch (RuntimeException | Error e) {
      awakening.end(notLoaded(model, e), waitingRoom);
      if (e instanceof Error error) {
        throw error;
      }
    }
  }

  /** Null where another change was faster. */
  private @Nullable ModelLease loadedAgain(ServedModel model, String version) {
    turns.take(model);
    try {
      var dormant = model.serving().dormant(version);
      if (dormant == null) {
        return null;
      }
      long startedNanos = loader.clock().nanos();
      var lease =
          swaps.replace(model, dormant.candidate(), Haste.AWAITED, UnaryOperator.identity());
      loader.placements().meters().loadedOnDemand(loader.clock().nanos() - startedNanos);
      return lease;
    } finally {
      model.changes().unlock();
    }
  }

  private static InferenceFailure notLoaded(ServedModel model, Throwable e) {
    return new InferenceFailure.NotReady(
        "Model '%s' was unloaded to make room and cannot be loaded now: %s"
            .formatted(model.name(), e.getMessage()));
  }

  /** Unloads everything, waiting for requests under way within the stop limit. */
  @Override
  public void close() {
    swaps.close();
    recovery.close();
    var limit = stopLimit.get();
    var closing =
        catalog.entries().stream()
            .flatMap(
                model ->
                    retirement.retire(model, _ -> Serving.NOTHING, "the server stops").stream())
            .toArray(CompletableFuture[]::new);
    try {
      CompletableFuture.allOf(closing).orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).join();
    } catch (CompletionException | CancellationException e) {
      log.warn("Stopped with {} requests under way after {}", catalog.inFlight(), limit, e);
    }
    waitingRoom.close();
    loader.close();
  }
}
