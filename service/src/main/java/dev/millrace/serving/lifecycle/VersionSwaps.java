package dev.millrace.serving.lifecycle;

import dev.millrace.serving.runtime.ModelLoadException;
import java.io.IOException;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads single versions and puts them in their places. Whatever goes wrong before that leaves what
 * is served as it is. Thread-safe; the caller has the model's turn. Methods block.
 */
final class VersionSwaps {
  private static final Logger log = LoggerFactory.getLogger(VersionSwaps.class);

  private final ModelCatalog catalog;
  private final LoadAttempts attempts;
  private final Retirement retirement;
  private final Recovery recovery;
  private volatile boolean closed;

  VersionSwaps(
      ModelCatalog catalog, LoadAttempts attempts, Retirement retirement, Recovery recovery) {
    this.catalog = catalog;
    this.attempts = attempts;
    this.retirement = retirement;
    this.recovery = recovery;
  }

  /**
   * Loads a version and puts it in its place.
   *
   * @param before what else changes with that
   * @return a lease; the version is not unloaded again before it is closed
   */
  ModelLease replace(
      ServedModel model, Candidate candidate, Haste haste, UnaryOperator<Serving> before) {
    try {
      return swap(model, candidate, haste, before);
    } catch (IOException | RuntimeException e) {
      throw failed(model, candidate, e);
    }
  }

  /** The same, where whoever asks tells of failures. */
  ModelLease swap(
      ServedModel model, Candidate candidate, Haste haste, UnaryOperator<Serving> before)
      throws IOException {
    model.notes().loading(candidate.version());
    var loaded = attempts.load(candidate, haste);
    var lease = leased(loaded);
    retirement.retire(
        model,
        serving -> before.apply(serving).with(loaded),
        "replaced by version " + candidate.version());
    if (closed) {
      lease.close();
      // The stop may have retired this model before the swap.
      retirement.retire(model, _ -> Serving.NOTHING, "the server stops");
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

  /** From now on what was loaded is unloaded at once. */
  void close() {
    closed = true;
  }
}
