package dev.millrace.trainer.retraining;

import dev.millrace.trainer.evaluation.Verdict;
import dev.millrace.trainer.training.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One retraining as others see it: written by its thread, read and cancelled by any. */
final class Retraining {
  private final String id;
  private final Recipe recipe;
  private final Instant startedAt = Instant.now();
  private final CountDownLatch ended = new CountDownLatch(1);

  // Guarded by this.
  private RetrainingState state = RetrainingState.QUEUED;
  private String activity = "waiting";
  private @Nullable Progress progress;
  private @Nullable Double heldOutAccuracy;
  private @Nullable String runId;
  private @Nullable String version;
  private @Nullable String reason;
  private @Nullable String error;
  private @Nullable Instant endedAt;
  private @Nullable Thread thread;
  private boolean cancelRequested;
  private boolean committed;

  Retraining(String id, Recipe recipe) {
    this.id = id;
    this.recipe = recipe;
  }

  String id() {
    return id;
  }

  Recipe recipe() {
    return recipe;
  }

  synchronized RetrainingReport report() {
    return new RetrainingReport(
        id,
        recipe,
        state,
        activity,
        progress,
        heldOutAccuracy,
        runId,
        version,
        reason,
        error,
        startedAt,
        endedAt);
  }

  /** Its thread is the one that calls; a cancel that came before counts from here on. */
  synchronized void begin() {
    thread = Thread.currentThread();
    state = RetrainingState.RUNNING;
    if (cancelRequested) {
      thread.interrupt();
    }
  }

  synchronized void activity(String now) {
    activity = now;
  }

  synchronized void runStarted(String run) {
    runId = run;
  }

  synchronized void progress(Progress now) {
    progress = now;
  }

  synchronized void heldOutAccuracy(double now) {
    heldOutAccuracy = now;
  }

  /**
   * From here on it cannot be cancelled: a version in the store wants its verdict. Throws when it
   * was cancelled before.
   */
  synchronized void commit() {
    requireNotCancelled();
    committed = true;
  }

  synchronized void requireNotCancelled() {
    if (cancelRequested) {
      throw new CancellationException("Cancelled before its version was registered");
    }
  }

  synchronized void version(String registered) {
    version = registered;
  }

  synchronized void judged(Verdict verdict) {
    reason = verdict.reason();
    end(
        verdict.outcome() == Verdict.Outcome.CHAMPION
            ? RetrainingState.PROMOTED
            : RetrainingState.REJECTED);
  }

  synchronized void failed(String why) {
    error = why;
    end(RetrainingState.FAILED);
  }

  synchronized void cancelled() {
    error = "Cancelled on request";
    end(RetrainingState.CANCELLED);
  }

  synchronized boolean isCancelRequested() {
    return cancelRequested;
  }

  /** Asks its thread to stop; does nothing when it ended, or is past the point where it can. */
  synchronized void cancel() {
    if (committed || state.isFinal()) {
      return;
    }
    cancelRequested = true;
    if (thread != null) {
      thread.interrupt();
    }
  }

  /** Waits for its end; false when it goes on after the limit. */
  boolean awaitEnd(Duration limit) throws InterruptedException {
    return ended.await(limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void end(RetrainingState last) {
    state = last;
    activity = "ended";
    endedAt = Instant.now();
    thread = null;
    ended.countDown();
  }
}
