package dev.millrace.serving.scheduling;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long runs take, learned while running: a moving average and a moving deviation per size, four
 * sizes to each power of two, with straight lines between them. The high estimate is the average
 * and three deviations (after Jacobson, "Congestion avoidance and control", 1988). Any thread; an
 * update that races another may be lost.
 */
final class ComputeTimes {
  private static final int STEPS = 4;
  private static final int SIZES = 32 * STEPS;

  /** How far a larger known size is looked for: two powers of two. */
  private static final int REACH = 2 * STEPS;

  private static final int WEIGHT_SHIFT = 3;
  private static final int DECAY_SHIFT = 4;
  private static final int DEVIATIONS = 3;

  private final AtomicLongArray averageNanos = new AtomicLongArray(SIZES);
  private final AtomicLongArray deviationNanos = new AtomicLongArray(SIZES);

  void ran(int rows, long nanos) {
    int size = size(rows);
    long average = averageNanos.get(size);
    if (average == 0) {
      averageNanos.set(size, nanos);
      return;
    }
    long error = nanos - average;
    long deviation = deviationNanos.get(size);
    averageNanos.set(size, average + (error >> WEIGHT_SHIFT));
    deviationNanos.set(size, deviation + ((Math.abs(error) - deviation) >> WEIGHT_SHIFT));
  }

  /** The time of a run of so many rows, or of fewer where only those are known; 0 when none is. */
  long expectedNanos(int rows) {
    int known = knownSize(rows);
    long nanos = averageNanos.get(known);
    int above = knownAbove(rows);
    return above < 0 ? nanos : between(rows, known, above, nanos, averageNanos.get(above));
  }

  /** What 99 of 100 runs of so many rows stay below, about. */
  long highNanos(int rows) {
    return expectedNanos(rows) + DEVIATIONS * deviationNanos.get(knownSize(rows));
  }

  /** The same for two runs one after the other, which are seldom both slow. */
  long highNanosOfTwo(int rows) {
    double deviation = Math.sqrt(2) * DEVIATIONS * deviationNanos.get(knownSize(rows));
    return 2 * expectedNanos(rows) + (long) deviation;
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
    int size = knownSize(rows);
    long average = averageNanos.get(size);
    long deviation = deviationNanos.get(size);
    averageNanos.set(size, average - (average >> DECAY_SHIFT));
    deviationNanos.set(size, deviation - (deviation >> DECAY_SHIFT));
  }

  /** The size that tells most about so many rows. */
  private int knownSize(int rows) {
    int size = size(rows);
    while (size > 0 && averageNanos.get(size) == 0) {
      size--;
    }
    return size;
  }

  /** A known size of more rows, near; negative for none. */
  private int knownAbove(int rows) {
    int size = size(rows);
    if (smallest(size) == rows && averageNanos.get(size) != 0) {
      return -1;
    }
    for (int i = size + 1; i < Math.min(size + REACH, SIZES); i++) {
      if (averageNanos.get(i) != 0) {
        return i;
      }
    }
    return -1;
  }

  private static long between(int rows, int below, int above, long low, long high) {
    long span = smallest(above) - smallest(below);
    if (low == 0 || high <= low || span <= 0) {
      return low;
    }
    return low + (long) ((double) (high - low) * (rows - smallest(below)) / span);
  }

  /** Powers of two below 4 have fewer than four sizes, so some numbers stand for none. */
  private static int size(int rows) {
    int atLeastOne = Math.max(rows, 1);
    int power = 31 - Integer.numberOfLeadingZeros(atLeastOne);
    int step = power >= 2 ? (atLeastOne >>> (power - 2)) & 3 : (atLeastOne << (2 - power)) & 3;
    return power * STEPS + step;
  }

  private static long smallest(int size) {
    int power = size / STEPS;
    return ((long) (STEPS + size % STEPS) << power) / STEPS;
  }
}
