package dev.millrace.serving.lifecycle;

import dev.millrace.serving.runtime.ModelLoadException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads versions and puts them in their places. Whatever goes wrong before that leaves what is
 * served as it is. Thread-safe; the caller has the model's turn. Methods block.
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
   * Loads those of the versions that are missing, each into its place, and takes away those that
   * nobody wants. A version of the same number goes on until the one that replaces it is there.
   *
   * @param isThere whether a version needs no load
   * @throws ModelLoadException of the first that failed; the others are served
   */
  void replaceMissing(
      ServedModel model, Collection<Candidate> wanted, Haste haste, Predicate<Candidate> isThere) {
    var numbers = wanted.stream().map(Candidate::version).collect(Collectors.toSet());
    var failures = new ArrayList<ModelLoadException>();
    for (var candidate : wanted) {
      if (!closed && !isThere.test(candidate)) {
        try {
          replace(model, candidate, haste, serving -> serving.keeping(numbers)).close();
        } catch (ModelLoadException e) {
          failures.add(wanted.size() == 1 ? e : ofVersion(candidate, e));
        }
      }
    }
    takeAwayAllBut(model, numbers);
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
  }

  /** Nothing where that would leave nothing. */
  private void takeAwayAllBut(ServedModel model, Set<String> numbers) {
    var served = model.serving();
    int kept = served.keeping(numbers).seats().size();
    if (kept > 0 && kept < served.seats().size()) {
      retirement.retire(model, serving -> serving.keeping(numbers), "no longer wanted");
    }
  }

  private static ModelLoadException ofVersion(Candidate candidate, ModelLoadException failure) {
    return new ModelLoadException(
        "version %s: %s".formatted(candidate.version(), failure.getMessage()), failure);
  }

  /**
   * Loads versions and puts them in the place of all there are, in one swap.
   *
   * @throws ModelLoadException of the first that failed; then what is served goes on as it is
   */
  void replaceTogether(ServedModel model, Collection<Candidate> wanted, Haste haste) {
    var loaded = new ArrayList<LoadedVersion>();
    for (var candidate : wanted) {
      try {
        loaded.add(load(model, candidate, haste));
      } catch (IOException | RuntimeException e) {
        loaded.forEach(version -> drop(model, version, candidate));
        var failure = failed(model, candidate, e);
        throw wanted.size() == 1 ? failure : ofVersion(candidate, failure);
      }
    }
    publish(model, loaded, _ -> Serving.NOTHING).forEach(ModelLease::close);
  }

  private static void drop(ServedModel model, LoadedVersion loaded, Candidate failed) {
    loaded.close();
    model
        .notes()
        .failed(loaded.version(), "version %s of the same load failed".formatted(failed.version()));
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
    return publish(model, List.of(load(model, candidate, haste)), before).getFirst();
  }

  private LoadedVersion load(ServedModel model, Candidate candidate, Haste haste)
      throws IOException {
    model.notes().loading(candidate.version());
    return attempts.load(candidate, haste);
  }

  private List<ModelLease> publish(
      ServedModel model, List<LoadedVersion> loaded, UnaryOperator<Serving> before) {
    var leases = loaded.stream().map(this::leased).toList();
    retirement.retire(
        model,
        serving -> before.apply(serving).with(loaded),
        "replaced by version " + loaded.getFirst().version());
    if (closed) {
      leases.forEach(ModelLease::close);
      // The stop may have retired this model before the swap.
      retirement.retire(model, _ -> Serving.NOTHING, "the server stops");
      throw new ModelLoadException("The server is stopping", null);
    }
    loaded.forEach(version -> available(model, version));
    return leases;
  }

  /** Told only after the swap: whoever waits for it sends the first request at once. */
  private void available(ServedModel model, LoadedVersion loaded) {
    recovery.watch(model, loaded);
    log.info(
        "Version available: model={} version={} device={} loadMillis={}",
        loaded.model(),
        loaded.version(),
        loaded.berths().devices(),
        loaded.loadTime().toMillis());
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
