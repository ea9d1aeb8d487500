package dev.millrace.serving.scheduling;

import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the size and the delay of batches so that queue and run together stay within a goal for
 * 99 of 100 answers, at the highest throughput.
 *
 * <p>Problem: large batches give throughput and cost latency, and how much depends on model and
 * machine. Choice: the largest size of which two runs fit into the goal, since a request that just
 * misses a batch waits for its end and then for its own (Nexus, SOSP 2019). What cannot be answered
 * in time is refused at submission (Clockwork, OSDI 2020), against a budget that shrinks by a tenth
 * when more than one in a hundred answers came too late and grows by a hundredth of the goal when
 * not (Clipper, NSDI 2017). The size does not follow that budget: smaller batches would make what
 * was admitted already even later. A batch waits for company only where the workers are busy most
 * of the time, because only then the time it saves is needed. What batches wait for other models on
 * the device is learned as well, and is not there for runs. Cost: some microseconds every 20 ms.
 *
 * <p>Guarded by the queue's lock, but for {@link #arrived}, {@link #answered}, {@link #ran} and the
 * reading of what was chosen.
 */
final class LatencyGoal {
  private static final Logger log = LoggerFactory.getLogger(LatencyGoal.class);
  private static final long NANOS_PER_MICRO = 1_000;
  private static final long TICK_NANOS = 20_000_000;
  private static final double LEAST_BUDGET = 0.5;
  private static final double MOST_BUDGET = 0.95;
  private static final double BACK_OFF = 0.9;
  private static final double STEP = 0.01;
  private static final double SMOOTHING = 0.25;
  private static final double MOSTLY_BUSY = 0.7;

  /** Fewer answers tell nothing of one in a hundred. */
  private static final int LEAST_ANSWERS = 200;

  /** What assembling and handing over need. */
  private static final double RUNS_PART = 0.98;

  /** A lone run that takes longer than the goal would be refused for ever. */
  private static final int LEAST_RUNS = 3;

  private static final int[] NO_SIZES = {};

  private final String model;
  private final long wantedNanos;
  private final ComputeTimes times;
  private final TurnWaits turns;
  private final LongAdder arrivedRows = new LongAdder();
  private final LongAdder busyNanos = new LongAdder();
  private final LongAdder answered = new LongAdder();
  private final LongAdder late = new LongAdder();
  private boolean started;
  private boolean toldOfRaise;
  private long tickedNanos;
  private double budgetPart = MOST_BUDGET;
  private double busyPart;
  private BatchPolicy policy;
  private volatile double rowsPerNano;
  private volatile long goalNanos;
  private volatile long budgetNanos;
  private volatile int batchRows;

  LatencyGoal(String model, long wantedNanos, int maxRows, ComputeTimes times, TurnWaits turns) {
    this.model = model;
    this.turns = turns;
    this.wantedNanos = wantedNanos;
    this.times = times;
    goalNanos = wantedNanos;
    budgetNanos = (long) (wantedNanos * budgetPart);
    batchRows = Math.max(maxRows, 1);
    policy = new BatchPolicy(batchRows, NO_SIZES, 0);
  }

  /** Any thread. */
  void arrived(int rows) {
    arrivedRows.add(rows);
  }

  /** Any worker, with what a run took. */
  void ran(long nanos) {
    busyNanos.add(nanos);
  }

  /** Any worker, with the time from submission to the answer. */
  void answered(long nanos) {
    answered.increment();
    if (nanos > goalNanos) {
      late.increment();
    }
  }

  /** What a request may be promised, from submission to the answer. */
  long budgetNanos() {
    // One request may always wait for another, or a slow model would answer nobody.
    return Math.max(budgetNanos, 2 * times.highNanos(1) + turns.highNanos());
  }

  /** How fast rows arrive. */
  double rowsPerNano() {
    return rowsPerNano;
  }

  /** Rows of the batches chosen. */
  int batchRows() {
    return batchRows;
  }

  /** How to batch now. */
  BatchPolicy policy(long nowNanos, int maxRows, int workers) {
    if (!started || nowNanos - tickedNanos >= TICK_NANOS) {
      choose(nowNanos, Math.max(maxRows, 1), workers);
    }
    return policy;
  }

  private void choose(long nowNanos, int maxRows, int workers) {
    if (started) {
      measure(nowNanos - tickedNanos, workers);
    }
    started = true;
    tickedNanos = nowNanos;
    goalNanos = Math.max(wantedNanos, LEAST_RUNS * times.highNanos(1));
    tellOnceOfARaise();
    budgetNanos = (long) (goalNanos * budgetPart);
    long runsNanos = (long) (goalNanos * RUNS_PART) - turns.highNanosOfTwo();
    batchRows = largestWithin(runsNanos, maxRows);
    policy = new BatchPolicy(batchRows, NO_SIZES, delayNanos());
  }

  /** By the average, which one slow run does not raise so far. */
  private void tellOnceOfARaise() {
    long leastNanos = LEAST_RUNS * times.expectedNanos(1);
    if (!toldOfRaise && leastNanos > wantedNanos) {
      toldOfRaise = true;
      log.warn(
          "Latency goal is shorter than {} runs of one row, and is raised: model={} goalMicros={} raisedMicros={}",
          LEAST_RUNS,
          model,
          wantedNanos / NANOS_PER_MICRO,
          goalNanos / NANOS_PER_MICRO);
    }
  }

  private void measure(long elapsedNanos, int workers) {
    double rows = arrivedRows.sumThenReset() / (double) elapsedNanos;
    double busy = busyNanos.sumThenReset() / (double) elapsedNanos / workers;
    double before = rowsPerNano;
    rowsPerNano = before + SMOOTHING * (rows - before);
    busyPart += SMOOTHING * (busy - busyPart);
    if (answered.sum() >= LEAST_ANSWERS) {
      long all = answered.sumThenReset();
      boolean tooLate = late.sumThenReset() * 100 > all;
      budgetPart =
          tooLate
              ? Math.max(LEAST_BUDGET, budgetPart * BACK_OFF)
              : Math.min(MOST_BUDGET, budgetPart + STEP);
    }
  }

  /** Larger batches are never slower a row, as far as it matters here. */
  private int largestWithin(long nanos, int maxRows) {
    int low = 1;
    int high = maxRows;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (times.highNanosOfTwo(middle) <= nanos) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** What is left of the budget, if it brings company and the company is needed. */
  private long delayNanos() {
    long spare = budgetNanos - times.highNanosOfTwo(batchRows) - turns.highNanosOfTwo();
    if (busyPart < MOSTLY_BUSY || spare <= 0 || rowsPerNano * spare < 1) {
      return 0;
    }
    return Math.min(spare, (long) (batchRows / rowsPerNano));
  }
}
