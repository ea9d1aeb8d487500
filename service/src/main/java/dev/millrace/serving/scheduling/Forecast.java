package dev.millrace.serving.scheduling;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * When a request that is submitted now would be answered: after the runs under way, the batches
 * ahead of it and its own, each of which waits for its turn on the device. Thread-safe.
 */
final class Forecast {
  private final ComputeTimes times;
  private final TurnWaits turns;

  /** When the run of each worker is expected to end. */
  private final AtomicLongArray endNanos;

  /** Whether a worker runs; 1 for yes. */
  private final AtomicLongArray running;

  Forecast(ComputeTimes times, TurnWaits turns, int workers) {
    this.times = times;
    this.turns = turns;
    endNanos = new AtomicLongArray(workers);
    running = new AtomicLongArray(workers);
  }

  void started(int worker, int rows, long nowNanos) {
    endNanos.set(worker, nowNanos + times.expectedNanos(rows));
    running.set(worker, 1);
  }

  void ended(int worker) {
    running.set(worker, 0);
  }

  /** A worker that is gone takes nothing over any more. */
  void gone(int worker) {
    running.set(worker, -1);
  }

  /** Whether no worker runs. */
  boolean isIdle() {
    for (int i = 0; i < running.length(); i++) {
      if (running.get(i) > 0) {
        return false;
      }
    }
    return true;
  }

  int workers() {
    int count = 0;
    for (int i = 0; i < running.length(); i++) {
      count += running.get(i) < 0 ? 0 : 1;
    }
    return Math.max(count, 1);
  }

  /**
   * How long until the request is answered.
   *
   * @param rowsAhead rows that run before it
   * @param batchRows rows of a full batch
   * @param rowsPerNano how fast others come, who will share its batch
   */
  long nanos(int rowsAhead, int rows, int batchRows, double rowsPerNano, long nowNanos) {
    int size = Math.max(batchRows, 1);
    long start = startNanos(rowsAhead, size, nowNanos);
    double joining = rowsPerNano * start;
    double most = rowsAhead % size + rows + joining + 2 * Math.sqrt(joining);
    int last = (int) Math.min(most, size);
    return start + turns.highNanos() + ownNanos(rows, size, last) + (start == 0 ? 0 : margin(last));
  }

  /** The run before its own may be slow as well. */
  private long margin(int rows) {
    return Math.max(
        times.highNanosOfTwo(rows) - times.expectedNanos(rows) - times.highNanos(rows), 0);
  }

  private long startNanos(int rowsAhead, int size, long nowNanos) {
    int batches = rowsAhead / size;
    long left = 0;
    boolean idle = false;
    for (int i = 0; i < running.length(); i++) {
      long state = running.get(i);
      idle |= state == 0;
      // A run that is late already ends any moment; that it ends now is the best guess.
      left += state == 1 ? Math.max(endNanos.get(i) - nowNanos, 0) : 0;
    }
    long ahead = batches * (times.expectedNanos(size) + turns.expectedNanos());
    return idle && batches == 0 ? 0 : (left + ahead) / workers();
  }

  /** A request larger than a batch runs in pieces. */
  private long ownNanos(int rows, int size, int last) {
    int pieces = (rows + size - 1) / size;
    return pieces == 1
        ? times.highNanos(last)
        : (pieces + workers() - 1L) / workers() * times.highNanos(size);
  }
}
