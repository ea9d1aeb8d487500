package dev.millrace.serving.telemetry;

import dev.millrace.serving.time.NanoClock;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Percentiles of the last 10 to 20 seconds, without a lock. Durations fall into buckets that are
 * powers of two cut into eight, so a percentile is at most an eighth too high. Two arrays take
 * turns: one fills while the other holds the period before. A duration recorded while they change
 * places may be lost or counted with the other period, which a console does not notice.
 */
final class LatencyWindow {
  private static final long PERIOD_NANOS = 10_000_000_000L;
  private static final int STEPS = 8;
  private static final int BUCKETS = 64 * STEPS;

  private final NanoClock clock;
  private final AtomicIntegerArray[] periods = {
    new AtomicIntegerArray(BUCKETS), new AtomicIntegerArray(BUCKETS)
  };
  private final AtomicInteger current = new AtomicInteger();
  private final AtomicLong startedNanos;

  LatencyWindow(NanoClock clock) {
    this.clock = clock;
    startedNanos = new AtomicLong(clock.nanos());
  }

  void record(long nanos) {
    turn();
    periods[current.get() & 1].incrementAndGet(bucket(Math.max(nanos, 1)));
  }

  /** Upper bound of the bucket that the quantile falls into, in nanoseconds; 0 when empty. */
  long quantileNanos(double quantile) {
    turn();
    long total = 0;
    for (int i = 0; i < BUCKETS; i++) {
      total += at(i);
    }
    long rank = (long) Math.ceil(total * quantile);
    for (int i = 0; i < BUCKETS && rank > 0; i++) {
      rank -= at(i);
      if (rank <= 0) {
        return upperBound(i);
      }
    }
    return 0;
  }

  private int at(int bucket) {
    return periods[0].get(bucket) + periods[1].get(bucket);
  }

  private void turn() {
    long now = clock.nanos();
    long started = startedNanos.get();
    if (now - started < PERIOD_NANOS || !startedNanos.compareAndSet(started, now)) {
      return;
    }
    clear(periods[(current.get() + 1) & 1]);
    if (now - started >= 2 * PERIOD_NANOS) {
      clear(periods[current.get() & 1]);
    }
    current.incrementAndGet();
  }

  private static void clear(AtomicIntegerArray period) {
    for (int i = 0; i < BUCKETS; i++) {
      period.set(i, 0);
    }
  }

  static int bucket(long nanos) {
    int power = 63 - Long.numberOfLeadingZeros(nanos);
    int step = power >= 3 ? (int) (nanos >>> (power - 3)) & 7 : (int) (nanos << (3 - power)) & 7;
    return power * STEPS + step;
  }

  static long upperBound(int bucket) {
    int power = bucket / STEPS;
    double base = Math.scalb(1.0, power);
    return (long) (base + base * (bucket % STEPS + 1) / STEPS);
  }
}
