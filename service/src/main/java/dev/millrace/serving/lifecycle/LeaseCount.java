package dev.millrace.serving.lifecycle;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the leases on one loaded version, and tells when the last was given back after it retired.
 *
 * <p>Taking and giving back are one atomic addition each, so that event loops never wait for each
 * other. The price: a taker that comes after the retirement is counted for a moment. It sees the
 * mark in the same step and leaves again, and the count is at rest only once it has left, so nobody
 * who was let in can outlive the rest.
 */
final class LeaseCount {
  private static final long RETIRED = 1L << 62;

  private final AtomicLong state = new AtomicLong();
  private final CompletableFuture<Void> drained = new CompletableFuture<>();

  /** Takes a lease; false after the retirement. */
  boolean acquire() {
    if (state.getAndIncrement() < RETIRED) {
      return true;
    }
    release();
    return false;
  }

  /** Gives one lease back. */
  void release() {
    if (state.decrementAndGet() == RETIRED) {
      drained.complete(null);
    }
  }

  /** Retires only where no lease is out; false when one is. */
  boolean retireIfIdle() {
    boolean idle = state.compareAndSet(0, RETIRED);
    if (idle) {
      drained.complete(null);
    }
    return idle;
  }

  /** Lets nobody in any more. Idempotent. */
  void retire() {
    long before = state.getAndUpdate(leases -> leases | RETIRED);
    if ((before & ~RETIRED) == 0) {
      drained.complete(null);
    }
  }

  /** Leases out now. */
  int held() {
    return (int) (state.get() & ~RETIRED);
  }

  /** Completes when it is retired and the last lease is back, on the thread that gave it back. */
  CompletionStage<Void> drained() {
    return drained;
  }
}
