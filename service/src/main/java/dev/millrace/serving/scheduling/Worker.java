package dev.millrace.serving.scheduling;

import dev.millrace.serving.device.ThreadPriority;
import dev.millrace.serving.time.NanoClock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loop of the thread that owns one instance: takes what the policy says, runs it, sleeps. While
 * it sleeps, an event loop may do one step in its place; all that the worker owns is then that
 * loop's, until it leaves.
 */
final class Worker implements Runnable, Wakeups.StandIn {
  private static final Logger log = LoggerFactory.getLogger(Worker.class);
  private static final long UNTIL_WOKEN = Long.MAX_VALUE;

  /**
   * What an event loop may spend on a run, during which its connections wait. To wake the worker
   * and to be woken by it takes some 20 µs, so for longer runs it matters little.
   */
  private static final long BRIEF_NANOS = 100_000;

  /**
   * A tenth of a core that others keep busy: those who wait for the memory should not wait long.
   */
  private static final int CLOSING_NICE = 10;

  private final RequestQueue queue;
  private final BatchRunner runner;
  private final Wakeups wakeups;
  private final Sleeper sleeper;
  private final NanoClock clock;
  private final Batch batch;
  private final Turn turn;
  private final Learned learned;
  private final int index;
  private final Repairs repairs;
  private final boolean hasFixedShapes;
  private volatile boolean abandoned;

  /** Whether the batch holds what left the queue and the runner has not taken over yet. */
  private boolean holdsParts;

  /** What each worker has for itself. */
  record Seat(int index, Sleeper sleeper, Turn turn, Batch batch, Repairs repairs) {}

  Worker(
      RequestQueue queue,
      BatchRunner runner,
      Wakeups wakeups,
      Seat seat,
      Learned learned,
      NanoClock clock) {
    this.queue = queue;
    this.runner = runner;
    this.wakeups = wakeups;
    this.learned = learned;
    this.clock = clock;
    hasFixedShapes = runner.hasFixedShapes();
    index = seat.index();
    sleeper = seat.sleeper();
    batch = seat.batch();
    turn = seat.turn();
    repairs = seat.repairs();
  }

  /** Ends when the queue closes and is empty, or when {@link #abandon}ed; closes the instance. */
  @Override
  public void run() {
    try (runner) {
      while (!abandoned && guardedStep()) {
        // Each step takes something, or sleeps.
      }
      // To give back the memory of a large model takes milliseconds, for which nobody should wait.
      var _ = ThreadPriority.lower(CLOSING_NICE);
    } finally {
      turn.rest();
    }
  }

  /**
   * The boundary around what is not the runtime. Without its worker a model would leave every
   * caller waiting, and what broke the step is still queued: so all that is queued fails.
   */
  private boolean guardedStep() {
    try {
      return step();
    } catch (RuntimeException | Error e) {
      giveUp(e);
      return true;
    }
  }

  private void giveUp(Throwable cause) {
    try {
      log.error("Worker failed between runs", cause);
      if (holdsParts) {
        holdsParts = false;
        runner.giveUp(batch.parts());
        runner.giveUp(batch.unwanted());
      }
      queue.drainTo(batch);
      runner.giveUp(batch.unwanted());
    } catch (RuntimeException | Error e) {
      log.error("Worker could not tell all callers that it failed", e);
    }
  }

  /** Makes the worker end after the run it is in, and without one where it waits for its turn. */
  void abandon() {
    abandoned = true;
    turn.abandon();
    sleeper.wake();
  }

  /** Warms the instance up, before this worker's thread is started. */
  void warmUp(long untilNanos) {
    new WarmUp(runner, turn, clock, untilNanos).upTo(queue.maxBatchRows());
  }

  /** Closes the instance of a worker whose thread is never started. */
  void discard() {
    turn.rest();
    runner.close();
  }

  private boolean step() {
    // Before the batch is put together: what comes while others have the device still fits in.
    if (queue.hasMore() && !turn.take()) {
      return false;
    }
    long now = clock.nanos();
    var decision = next(now);
    return switch (decision) {
      case null -> !queue.isClosing() && sleep(UNTIL_WOKEN);
      case BatchDecision.LookAgain(long atNanos) -> {
        runner.waits().gather();
        yield sleep(atNanos - now);
      }
      case BatchDecision.Run(_) -> runBatch(now) && repairs.goesOn(runner, turn, index);
    };
  }

  /** Fills the batch, and refuses what is not wanted any more. */
  private @Nullable BatchDecision next(long now) {
    holdsParts = false;
    var decision = queue.next(now, batch, turn.longestRunNanos());
    holdsParts = true;
    if (!batch.unwanted().isEmpty()) {
      runner.refuse(batch.unwanted(), now);
    }
    return decision;
  }

  /**
   * Runs what waits on the calling thread, if it is expected to be brief and nothing has to be
   * waited for. What a run takes must follow from its rows, as far as shapes tell.
   */
  @Override
  public boolean runInPlace() {
    if (!hasFixedShapes || !isBrief(queue.pendingRows()) || !sleeper.standIn()) {
      return false;
    }
    boolean nothingLeft = false;
    try {
      nothingLeft = stepInPlace();
    } finally {
      leave(nothingLeft);
    }
    return true;
  }

  private void leave(boolean asleep) {
    if (!asleep) {
      sleeper.leaveAwake();
      return;
    }
    sleeper.leaveAsleep();
    if (mustStayAwake()) {
      sleeper.wake();
    }
  }

  private boolean mustStayAwake() {
    return queue.hasArrivals() || queue.isClosing() || abandoned;
  }

  private boolean isBrief(int rows) {
    long nanos = learned.times().expectedNanos(Math.min(rows, Math.max(queue.maxBatchRows(), 1)));
    return nanos > 0 && nanos <= BRIEF_NANOS;
  }

  /** Whether nothing is left to do; else the worker has to go on. */
  private boolean stepInPlace() {
    try {
      return turn.tryTake() && ranAll();
    } catch (RuntimeException | Error e) {
      giveUp(e);
      return false;
    } finally {
      turn.rest();
    }
  }

  private boolean ranAll() {
    long now = clock.nanos();
    // Not bounded to a brief run: what waits for company would take the bound for a full batch.
    var decision = next(now);
    if (decision instanceof BatchDecision.Run) {
      return runBatch(now) && runner.isIntact() && !queue.hasMore();
    }
    return decision == null;
  }

  /** False when the device was not to be had before the worker was abandoned. */
  private boolean runBatch(long now) {
    if (queue.hasMore()) {
      wakeups.wakeOne();
    }
    if (!turn.take()) {
      holdsParts = false;
      runner.turnAway(batch);
      return false;
    }
    runner.waits().share(turn.waitedNanos());
    learned.turns().waited(turn.waitedNanos());
    learned.forecast().started(index, batch.rows(), now);
    holdsParts = false;
    try {
      runner.run(batch);
    } finally {
      learned.forecast().ended(index);
      runner.waits().free(clock.nanos());
      turn.give();
    }
    return true;
  }

  /** False when the instance broke meanwhile, under who stood in, and is lost. */
  private boolean sleep(long nanos) {
    turn.rest();
    sleeper.announce();
    if (mustStayAwake()) {
      sleeper.stayAwake();
    } else {
      sleeper.sleep(nanos);
    }
    return repairs.goesOn(runner, turn, index);
  }
}
