package dev.millrace.serving.scheduling;

import dev.millrace.serving.time.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The loop of the thread that owns one instance: takes what the policy says, runs it, sleeps. */
final class Worker implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(Worker.class);
  private static final long UNTIL_WOKEN = Long.MAX_VALUE;

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
  private volatile boolean abandoned;

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
      log.error("Worker failed between runs", e);
      queue.drainTo(batch);
      runner.giveUp(batch.unwanted());
      return true;
    }
  }

  /** Makes the worker end after the run it is in. */
  void abandon() {
    abandoned = true;
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
    if (queue.hasMore()) {
      // Before the batch is put together: what comes while others have the device still fits in.
      turn.take();
    }
    long now = clock.nanos();
    var decision = queue.next(now, batch, turn.longestRunNanos());
    if (!batch.unwanted().isEmpty()) {
      runner.refuse(batch.unwanted(), now);
    }
    switch (decision) {
      case null -> {
        if (queue.isClosing()) {
          return false;
        }
        sleep(UNTIL_WOKEN);
      }
      case BatchDecision.LookAgain(long atNanos) -> {
        runner.waits().gather();
        sleep(atNanos - now);
      }
      case BatchDecision.Run(_) -> {
        runBatch(now);
        return repairs.goesOn(runner, turn, index);
      }
    }
    return true;
  }

  private void runBatch(long now) {
    if (queue.hasMore()) {
      wakeups.wakeOne();
    }
    turn.take();
    runner.waits().share(turn.waitedNanos());
    learned.forecast().started(index, batch.rows(), now);
    try {
      runner.run(batch);
    } finally {
      learned.forecast().ended(index);
      runner.waits().free(clock.nanos());
      turn.give();
    }
  }

  private void sleep(long nanos) {
    turn.rest();
    sleeper.announce();
    if (queue.hasArrivals() || queue.isClosing() || abandoned) {
      sleeper.stayAwake();
    } else {
      sleeper.sleep(nanos);
    }
  }
}
