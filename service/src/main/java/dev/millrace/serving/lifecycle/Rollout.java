package dev.millrace.serving.lifecycle;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.runtime.ModelLoadException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
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
  private final LoadAttempts attempts;
  private final Retirement retirement;
  private final WaitingRoom waitingRoom;
  private final Recovery recovery;
  private final ChangeTurns turns;
  private final Supplier<Duration> stopLimit;
  private final ReentrantLock offers = new ReentrantLock();
  private volatile boolean closed;

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
    attempts = new LoadAttempts(loader, settings.loadLimit());
    this.retirement = loader.placements().retirement();
    turns = new ChangeTurns(settings.loadLimit());
    this.stopLimit = stopLimit;
    waitingRoom =
        new WaitingRoom(
            loader.placements().limits().waitingRequests(), loader.clock(), this::beginWaking);
    catalog.waitIn(waitingRoom);
    recovery = new Recovery(loader.placements(), this::reload);
  }

  /**
   * Whether this very content answers requests, be it only after it was loaded again; or will, once
   * a device has room for it again.
   */
  public boolean serves(Candidate candidate) {
    return catalog
        .find(candidate.model())
        .map(ServedModel::serving)
        .orElse(Serving.NOTHING)
        .has(candidate);
  }

  /**
   * Makes the candidate the live version and returns when it is loaded; at once when it is already.
   *
   * @throws ModelLoadException with the reason, which also stands on the version's state
   */
  public void serve(Candidate candidate) {
    var model = catalog.entry(candidate.model());
    var haste = catalog.starting() ? Haste.START : Haste.NONE;
    change(model, candidate, haste, () -> !isLive(model, candidate));
  }

  private static boolean isLive(ServedModel model, Candidate candidate) {
    var live = model.serving().live();
    return live != null && live.has(candidate);
  }

  /** Loads a lost version, if it is still the one that is missing. */
  private void reload(ServedModel model, LostVersion lost) {
    change(model, lost.candidate(), Haste.AWAITED, () -> model.serving().lost() == lost);
  }

  /** Replaces what is live, if that is wanted once the model's turn has come. */
  private void change(ServedModel model, Candidate candidate, Haste haste, BooleanSupplier wanted) {
    turns.take(model);
    try {
      if (wanted.getAsBoolean()) {
        replace(model, candidate, haste).close();
      }
    } finally {
      model.changes().unlock();
    }
  }

  /**
   * Makes the candidate answer requests. Where nothing of its model does yet, and an earlier
   * process loaded it, and there is no free room, it begins unloaded: the first request loads it.
   *
   * @throws ModelLoadException as {@link #serve}
   */
  public void offer(Candidate candidate) {
    var model = catalog.entry(candidate.model());
    turns.take(model);
    try {
      if (model.serving().answers(null) || !loader.knows(candidate)) {
        serve(candidate);
      } else {
        offerKnown(model, candidate);
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
      retirement.retire(model, Serving.asleep(asleep.get()), "");
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
      retirement.retire(model, Serving.NOTHING, reason);
      loader.placements().ledger().forget(model.name());
    } finally {
      model.changes().unlock();
    }
  }

  ModelCatalog catalog() {
    return catalog;
  }

  /**
   * Loads a version anew, elsewhere; nothing once another one is live.
   *
   * @throws ModelLoadException where that fails, and the version stays where it is
   */
  void relocate(ServedModel model, LoadedVersion version) throws IOException {
    turns.take(model);
    try {
      if (model.serving().live() == version) {
        swap(model, version.candidate(), Haste.NONE).close();
      }
    } finally {
      model.changes().unlock();
    }
  }

  /** The version is not unloaded again before the lease that this returns is closed. */
  private ModelLease replace(ServedModel model, Candidate candidate, Haste haste) {
    try {
      return swap(model, candidate, haste);
    } catch (IOException | RuntimeException e) {
      throw failed(model, candidate, e);
    }
  }

  private ModelLease swap(ServedModel model, Candidate candidate, Haste haste) throws IOException {
    model.notes().loading(candidate.version());
    var loaded = attempts.load(candidate, haste);
    var lease = leased(loaded);
    retirement.retire(model, Serving.only(loaded), "replaced by version " + candidate.version());
    if (closed) {
      lease.close();
      // The stop may have retired this model before the swap.
      retirement.retire(model, Serving.NOTHING, "the server stops");
      throw new ModelLoadException("The server is stopping", null);
    }
    recovery.watch(model, loaded);
    // Told only after the swap: whoever waits for it sends the first request at once.
    log.info(
        "Version available: model={} version={} device={} loadMillis={}",
        candidate.model(),
        candidate.version(),
        loaded.berths().devices(),
        loaded.loadTime().toMillis());
    return lease;
  }

  private ModelLease leased(LoadedVersion loaded) {
    loaded.leases().acquire();
    loaded.use(catalog.epoch().now());
    return new ModelLease(loaded);
  }

  private ModelLoadException failed(ServedModel model, Candidate candidate, Exception e) {
    var reason = e.getMessage() == null ? e.toString() : e.getMessage();
    model.notes().failed(candidate.version(), reason);
    log.warn(
        "Version failed to load: model={} version={} reason={}",
        candidate.model(),
        candidate.version(),
        reason,
        e.getCause());
    return e instanceof ModelLoadException known ? known : new ModelLoadException(reason, e);
  }

  private void beginWaking(ServedModel model) {
    Thread.ofVirtual().name("wake-" + model.name()).start(() -> wake(model));
  }

  /** The boundary of a load on demand: whoever waits is told what became of it. */
  private void wake(ServedModel model) {
    try (var _ = loadedAgain(model)) {
      model.awakening().end(waitingRoom);
    } catch (RuntimeException | Error e) {
      model.awakening().end(notLoaded(model, e), waitingRoom);
      if (e instanceof Error error) {
        throw error;
      }
    }
  }

  private ModelLease loadedAgain(ServedModel model) {
    turns.take(model);
    try {
      var dormant = model.serving().dormant();
      if (dormant == null) {
        // Another change was faster.
        return model.lease(null);
      }
      long startedNanos = loader.clock().nanos();
      var lease = replace(model, dormant.candidate(), Haste.AWAITED);
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
    closed = true;
    recovery.close();
    var limit = stopLimit.get();
    var closing =
        catalog.entries().stream()
            .flatMap(
                model -> retirement.retire(model, Serving.NOTHING, "the server stops").stream())
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
