package dev.millrace.serving.scheduling;

/**
 * How long the batches of one model wait until other models let them have the device, learned while
 * running: a moving average and a moving deviation. Any thread; an update that races another may be
 * lost.
 */
final class TurnWaits {
  private static final int WEIGHT_SHIFT = 3;
  private static final int DECAY_SHIFT = 4;
  private static final int DEVIATIONS = 3;

  private volatile long averageNanos;
  private volatile long deviationNanos;

  /** A batch waited so long; 0 where the device was free. */
  void waited(long nanos) {
    long average = averageNanos;
    long deviation = deviationNanos;
    // A model that is alone on its device writes nothing.
    if (nanos != 0 || average != 0 || deviation != 0) {
      long error = nanos - average;
      averageNanos = average + (error >> WEIGHT_SHIFT);
      deviationNanos = deviation + ((Math.abs(error) - deviation) >> WEIGHT_SHIFT);
    }
  }

  /** The wait of a batch. */
  long expectedNanos() {
    return averageNanos;
  }

  /** What the waits of nearly all batches stay below, about. */
  long highNanos() {
    return averageNanos + DEVIATIONS * deviationNanos;
  }

  /** The same for two waits one after the other, which are seldom both long. */
  long highNanosOfTwo() {
    return 2 * averageNanos + (long) (Math.sqrt(2) * DEVIATIONS * deviationNanos);
  }

  /** A request was refused for what is expected, and nothing runs that would correct it. */
  void refused() {
    long average = averageNanos;
    long deviation = deviationNanos;
    averageNanos = average - (average >> DECAY_SHIFT);
    deviationNanos = deviation - (deviation >> DECAY_SHIFT);
  }
}
