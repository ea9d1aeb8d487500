package dev.millrace.serving.lifecycle;

import dev.millrace.serving.runtime.ModelLoadException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes which versions are live: fetch, open, check, warm up, swap, drain.
 *
 * <p>Thread-safe; changes of one model take turns, those of different models do not wait for each
 * other except for a loader thread. Whatever goes wrong before the swap leaves the live version as
 * it is. Methods block: call them on virtual threads.
 */
public final class Rollout implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Rollout.class);

  private final ModelCatalog catalog;
  private final VersionLoader loader;
  private final Duration loadLimit;
  private final Supplier<Duration> stopLimit;
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
    this.loadLimit = settings.loadLimit();
    this.stopLimit = stopLimit;
  }

  /** Whether this very content is live. */
  public boolean serves(Candidate candidate) {
    var live = catalog.find(candidate.model()).map(model -> model.serving().live());
    return live.isPresent() && live.get().has(candidate);
  }

  /**
   * Makes the candidate the live version and returns when it is; at once when it is already.
   *
   * @throws ModelLoadException with the reason, which also stands on the version's state
   */
  public void serve(Candidate candidate) {
    var model = catalog.entry(candidate.model());
    takeTurn(model, candidate.model());
    try {
      if (!serves(candidate)) {
        replace(model, candidate);
      }
    } finally {
      model.changes().unlock();
    }
  }

  /**
   * Takes the model away from new requests and returns; requests under way finish. A model that was
   * never here stays unknown.
   *
   * @throws ModelLoadException when another change of the model takes longer than a load may
   */
  public void unload(String name, String reason) {
    catalog.find(name).ifPresent(model -> unload(model, name, reason));
  }

  private void unload(ServedModel model, String name, String reason) {
    takeTurn(model, name);
    try {
      catalog.forgive(name);
      retire(model, Serving.NOTHING, reason);
    } finally {
      model.changes().unlock();
    }
  }

  private void takeTurn(ServedModel model, String name) {
    try {
      if (!model.changes().tryLock(loadLimit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new ModelLoadException(
            "Model '%s' was busy with another change for %s".formatted(name, loadLimit), null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ModelLoadException("The change was interrupted", e);
    }
  }

  private void replace(ServedModel model, Candidate candidate) {
    model.notes().loading(candidate.version());
    try {
      var loaded = load(candidate);
      retire(model, Serving.only(loaded), "replaced by version " + candidate.version());
      if (closed) {
        // The stop may have retired this model before the swap.
        retire(model, Serving.NOTHING, "the server stops");
        throw new ModelLoadException("The server is stopping", null);
      }
      // Told only after the swap: whoever waits for it sends the first request at once.
      log.info(
          "Version available: model={} version={} device={} loadMillis={}",
          candidate.model(),
          candidate.version(),
          loaded.workers().device(),
          loaded.loadTime().toMillis());
    } catch (IOException | RuntimeException e) {
      throw failed(model, candidate, e);
    }
  }

  private LoadedVersion load(Candidate candidate) throws IOException {
    long started = loader.nanos();
    var loading = loader.start(candidate, candidate.files().fetch(), started);
    try {
      return loading.get(loadLimit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      abandon(loading);
      throw new ModelLoadException("It did not load within %s".formatted(loadLimit), e);
    } catch (InterruptedException e) {
      abandon(loading);
      Thread.currentThread().interrupt();
      throw new ModelLoadException("The load was interrupted", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof ModelLoadException reason
          ? reason
          : new ModelLoadException(String.valueOf(e.getCause()), e.getCause());
    }
  }

  /** Native code that opens a model cannot be stopped: what it makes in the end is closed. */
  private static void abandon(CompletableFuture<LoadedVersion> loading) {
    loading.thenAccept(LoadedVersion::close).exceptionally(_ -> null);
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

  private List<CompletableFuture<Void>> retire(ServedModel model, Serving next, String reason) {
    var before = model.swapTo(next, reason);
    catalog.readinessMayHaveChanged();
    return before.stream().map(version -> whenDrained(model, version)).toList();
  }

  /** Closes on a thread of its own: the last lease may be given back on an event loop. */
  private static CompletableFuture<Void> whenDrained(ServedModel model, LoadedVersion version) {
    return version
        .leases()
        .drained()
        .thenRunAsync(() -> close(model, version), Thread::startVirtualThread)
        .toCompletableFuture();
  }

  private static void close(ServedModel model, LoadedVersion version) {
    try {
      version.close();
      log.info("Version unloaded: model={} version={}", version.model(), version.version());
    } catch (RuntimeException e) {
      log.error("Closing {} {} broke", version.model(), version.version(), e);
    } finally {
      model.gone(version);
    }
  }

  /** Unloads everything, waiting for requests under way within the stop limit. */
  @Override
  public void close() {
    closed = true;
    var limit = stopLimit.get();
    var closing =
        catalog.entries().stream()
            .flatMap(model -> retire(model, Serving.NOTHING, "the server stops").stream())
            .toArray(CompletableFuture[]::new);
    try {
      CompletableFuture.allOf(closing).orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).join();
    } catch (CompletionException | CancellationException e) {
      log.warn("Stopped with {} requests under way after {}", catalog.inFlight(), limit, e);
    }
    loader.close();
  }
}
