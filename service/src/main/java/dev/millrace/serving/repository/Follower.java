package dev.millrace.serving.repository;

import dev.millrace.serving.lifecycle.Candidate;
import dev.millrace.serving.lifecycle.Rollout;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.time.NanoClock;
import java.util.concurrent.CompletableFuture;

/**
 * Brings one model to the version that its repository wants, on virtual threads: one attempt at a
 * time, none too soon after a failure.
 */
final class Follower {
  private final Rollout rollout;
  private final NanoClock clock;

  /** Guarded by this, as is {@link #busy}. */
  private final RetryPlan retries = new RetryPlan();

  private boolean busy;

  Follower(Rollout rollout, NanoClock clock) {
    this.rollout = rollout;
    this.clock = clock;
  }

  /** What to do about the outcome of an attempt, on the thread of the attempt. */
  interface Outcome {
    /** Nothing to do. */
    Outcome NONE = new Outcome() {};

    default void served() {}

    default void failed(ModelLoadException reason) {}
  }

  /** Starts an attempt, unless one is under way or it is too early; completes when it is over. */
  CompletableFuture<Void> follow(Candidate candidate, Outcome outcome) {
    if (!begin(candidate)) {
      return CompletableFuture.completedFuture(null);
    }
    return CompletableFuture.runAsync(
        () -> attempt(candidate, outcome),
        task -> Thread.ofVirtual().name("load-" + candidate.model()).start(task));
  }

  /** Whether an attempt is under way. */
  synchronized boolean busy() {
    return busy;
  }

  private synchronized boolean begin(Candidate candidate) {
    if (busy || !retries.allows(candidate.identity(), clock.nanos())) {
      return false;
    }
    busy = true;
    return true;
  }

  private void attempt(Candidate candidate, Outcome outcome) {
    try {
      rollout.offer(candidate);
      succeeded();
      outcome.served();
    } catch (ModelLoadException e) {
      failed(candidate);
      outcome.failed(e);
    } finally {
      end();
    }
  }

  private synchronized void succeeded() {
    retries.succeeded();
  }

  private synchronized void failed(Candidate candidate) {
    retries.failed(candidate.identity(), clock.nanos());
  }

  private synchronized void end() {
    busy = false;
  }
}
