package dev.millrace.loadtest.generator;

import java.time.Duration;

/** When requests are due. */
public sealed interface Arrivals {
  /** When request number `index` is due, in the clock of `startNanos` and `nowNanos`. */
  long dueNanos(long index, long startNanos, long nowNanos);

  /** Closed loop: a request is due whenever somebody is free to send it. Finds the highest rate. */
  record Saturating() implements Arrivals {
    @Override
    public long dueNanos(long index, long startNanos, long nowNanos) {
      return nowNanos;
    }
  }

  /** Open loop: requests are due at equal distances, whether the server keeps up or not. */
  record Constant(double perSecond) implements Arrivals {
    private static final double NANOS_PER_SECOND = 1e9;

    /** Refuses a rate that is not positive. */
    public Constant {
      if (!(perSecond > 0)) {
        throw new IllegalArgumentException(
            "The rate is " + perSecond + " requests per second; it must be more than 0.");
      }
    }

    @Override
    public long dueNanos(long index, long startNanos, long nowNanos) {
      return startNanos + Math.round(index * (NANOS_PER_SECOND / perSecond));
    }
  }

  /** Open loop: a constant rate, a multiple of it from some time on for a while, then as before. */
  record Burst(Constant usual, double factor, Duration before, Duration length)
      implements Arrivals {
    @Override
    public long dueNanos(long index, long startNanos, long nowNanos) {
      var first = requests(before);
      var last = first + Math.round(requests(length) * factor);
      if (index < first) {
        return usual.dueNanos(index, startNanos, nowNanos);
      }
      var burstNanos = startNanos + before.toNanos();
      return index < last
          ? new Constant(usual.perSecond() * factor).dueNanos(index - first, burstNanos, nowNanos)
          : usual.dueNanos(index - last, burstNanos + length.toNanos(), nowNanos);
    }

    private long requests(Duration time) {
      return Math.round(time.toNanos() * usual.perSecond() / Constant.NANOS_PER_SECOND);
    }
  }
}
