package dev.millrace.serving.repository;

import dev.millrace.serving.lifecycle.Candidate;
import dev.millrace.serving.lifecycle.Rollout;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.time.NanoClock;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Brings one model to the versions that its repository wants, on virtual threads: one attempt at a
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

    /** Another attempt may begin. */
    default void over() {}
  }

  /** Starts an attempt, unless one is under way or it is too early; completes when it is over. */
  CompletableFuture<Void> follow(Candidate candidate, Outcome outcome) {
    return follow(List.of(candidate), candidate.identity(), outcome);
  }

  /**
   * The same with several versions.
   *
   * @param wanted of one model, at least one
   * @param circumstances what a failure depends on: once that is another, it is not too early
   */
  CompletableFuture<Void> follow(
      Collection<Candidate> wanted, String circumstances, Outcome outcome) {
    if (!begin(circumstances)) {
      return CompletableFuture.completedFuture(null);
    }
    return CompletableFuture.runAsync(
        () -> attempt(wanted, circumstances, outcome),
        task -> Thread.ofVirtual().name("load-" + wanted.iterator().next().model()).start(task));
  }

  /** Whether an attempt is under way. */
  synchronized boolean busy() {
    return busy;
  }

  private synchronized boolean begin(String circumstances) {
    if (busy || !retries.allows(circumstances, clock.nanos())) {
      return false;
    }
    busy = true;
    return true;
  }

  private void attempt(Collection<Candidate> wanted, String circumstances, Outcome outcome) {
    try {
      rollout.offer(wanted);
      succeeded();
      outcome.served();
    } catch (ModelLoadException e) {
      failed(circumstances);
      outcome.failed(e);
    } finally {
      end();
      outcome.over();
    }
  }

  private synchronized void succeeded() {
    retries.succeeded();
  }

  private synchronized void failed(String circumstances) {
    retries.failed(circumstances, clock.nanos());
  }

  private synchronized void end() {
    busy = false;
  }
}
