package dev.millrace.serving.scheduling;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long runs take, learned while running: a moving average per power of two of rows. Any thread;
 * an update that races another may be lost.
 */
final class ComputeTimes {
  private static final int POWERS = 32;
  private static final int WEIGHT_SHIFT = 3;
  private static final int DECAY_SHIFT = 4;

  private final AtomicLongArray averageNanos = new AtomicLongArray(POWERS);

  void ran(int rows, long nanos) {
    int power = power(rows);
    long average = averageNanos.get(power);
    averageNanos.set(power, average == 0 ? nanos : average + ((nanos - average) >> WEIGHT_SHIFT));
  }

  /** The time of a run of so many rows, or of fewer where only those are known; 0 when none is. */
  long expectedNanos(int rows) {
    return averageNanos.get(knownPower(rows));
  }

  /** The largest of the known sizes that is expected to run so long at most; 1 or more. */
  int rowsWithin(long nanos, int mostRows) {
    int rows = mostRows;
    while (nanos != Long.MAX_VALUE && rows > 1 && expectedNanos(rows) > nanos) {
      rows = Integer.highestOneBit(rows - 1);
    }
    return rows;
  }

  /**
   * A request was refused for what is expected. One slow run would refuse every later request with
   * a short deadline, and nothing would run to correct it; so refusing lowers the expectation.
   */
  void refused(int rows) {
    int power = knownPower(rows);
    long average = averageNanos.get(power);
    averageNanos.set(power, average - (average >> DECAY_SHIFT));
  }

  /** The power that tells most about so many rows. */
  private int knownPower(int rows) {
    int power = power(rows);
    while (power > 0 && averageNanos.get(power) == 0) {
      power--;
    }
    return power;
  }

  private static int power(int rows) {
    return 31 - Integer.numberOfLeadingZeros(Math.max(rows, 1));
  }
}
