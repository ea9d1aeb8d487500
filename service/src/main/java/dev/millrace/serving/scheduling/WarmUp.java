package dev.millrace.serving.scheduling;

import dev.millrace.serving.time.NanoClock;

/**
 * The first runs of an instance: zeros in the batch sizes that are powers of two, until a run takes
 * so long that what a first run costs more no longer shows.
 */
final class WarmUp {
  // At 34 ms a row, as ResNet-18 takes on one core, all sizes up to 64 would take eight seconds and
  // the memory of 64 rows, which the model may never need. A server that starts waits for each.
  private static final long LONG_RUN_NANOS = 25_000_000;

  private final BatchRunner runner;
  private final Turn turn;
  private final NanoClock clock;
  private final long untilNanos;

  /**
   * Does nothing yet.
   *
   * @param untilNanos when it must be over, on the clock
   */
  WarmUp(BatchRunner runner, Turn turn, NanoClock clock, long untilNanos) {
    this.runner = runner;
    this.turn = turn;
    this.clock = clock;
    this.untilNanos = untilNanos;
  }

  /**
   * Runs them.
   *
   * @throws WarmUpLateException when the time is over
   */
  void upTo(int maxBatchRows) {
    int most = Math.max(maxBatchRows, 1);
    long tookNanos = 0;
    for (int rows = 1; rows < most && isWorthIt(rows, tookNanos); rows *= 2) {
      tookNanos = run(rows);
    }
    if (isWorthIt(most, tookNanos)) {
      run(most);
    }
  }

  /** Two rows at least, which tell whether the outputs can be cut. */
  private static boolean isWorthIt(int rows, long smallerTookNanos) {
    return rows <= 2 || smallerTookNanos <= LONG_RUN_NANOS;
  }

  private long run(int rows) {
    if (clock.nanos() - untilNanos > 0) {
      throw new WarmUpLateException();
    }
    if (!turn.takeToWarmUp(untilNanos)) {
      throw new WarmUpLateException();
    }
    try {
      return runner.warmUp(rows);
    } finally {
      turn.give();
      turn.rest();
    }
  }
}
