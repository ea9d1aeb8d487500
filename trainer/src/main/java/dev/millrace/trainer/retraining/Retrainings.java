package dev.millrace.trainer.retraining;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All retrainings since the start, the newest hundred of them; at most one runs. Thread-safe. */
public final class Retrainings implements AutoCloseable {
  private static final int KEPT = 100;
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(20);

  private final RetrainingJob job;
  private final SecureRandom random = new SecureRandom();

  // Guarded by this; in the order of their start.
  private final Map<String, Retraining> all = new LinkedHashMap<>();
  private boolean closed;

  /** Retrainings that do this job. */
  public Retrainings(RetrainingJob job) {
    this.job = job;
  }

  /**
   * Starts a retraining on a thread of its own.
   *
   * @throws RetrainingBusyException while one runs
   */
  public synchronized RetrainingReport start(Recipe recipe) {
    for (var other : all.values()) {
      if (!other.report().state().isFinal()) {
        throw new RetrainingBusyException(other.id());
      }
    }
    if (closed) {
      throw new IllegalStateException("The trainer is stopping");
    }
    var started = new Retraining(newId(), recipe);
    all.put(started.id(), started);
    forgetOldest();
    // A platform thread: it spends its life in native code.
    Thread.ofPlatform().name("retraining-" + started.id()).start(() -> job.run(started));
    return started.report();
  }

  /** All that are kept, the newest first. */
  public synchronized List<RetrainingReport> reports() {
    return new ArrayList<>(all.values()).reversed().stream().map(Retraining::report).toList();
  }

  /** One of them. */
  public Optional<RetrainingReport> report(String id) {
    return find(id).map(Retraining::report);
  }

  /**
   * Cancels a retraining and waits for its end. One that has ended stays as it is; one whose
   * version is registered already goes on.
   */
  public Optional<RetrainingReport> cancel(String id, Duration limit) throws InterruptedException {
    var found = find(id);
    if (found.isPresent()) {
      found.get().cancel();
      found.get().awaitEnd(limit);
    }
    return found.map(Retraining::report);
  }

  /**
   * Waits for the end of a retraining; empty when there is none of that id, or when it goes on
   * after the limit.
   */
  public Optional<RetrainingReport> await(String id, Duration limit) throws InterruptedException {
    var found = find(id);
    return found.isPresent() && found.get().awaitEnd(limit)
        ? found.map(Retraining::report)
        : Optional.empty();
  }

  /** Cancels the one that runs and waits for its end, at most 20 seconds; starts no more. */
  @Override
  public void close() {
    List<Retraining> open;
    synchronized (this) {
      closed = true;
      open = List.copyOf(all.values());
    }
    open.forEach(Retraining::cancel);
    try {
      for (var retraining : open) {
        retraining.awaitEnd(CLOSE_LIMIT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized Optional<Retraining> find(String id) {
    return Optional.ofNullable(all.get(id));
  }

  private void forgetOldest() {
    if (all.size() > KEPT) {
      all.remove(all.keySet().iterator().next());
    }
  }

  private String newId() {
    var bytes = new byte[6];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
