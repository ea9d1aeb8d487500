package dev.millrace.serving.api.edge;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Counts the inference requests that a protocol has accepted and not answered yet, so that a server
 * that stops can let them finish. Thread-safe.
 */
public final class InFlightRequests {
  private final AtomicInteger count = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition idle = lock.newCondition();
  private volatile boolean draining;

  /** A request was accepted; {@link #leave} follows exactly once. */
  public void enter() {
    count.incrementAndGet();
  }

  /** A request was answered, or its client went away. */
  public void leave() {
    if (count.decrementAndGet() == 0 && draining) {
      signalIdle();
    }
  }

  /** How many there are now. */
  public int count() {
    return count.get();
  }

  /**
   * From now on answers ask their clients to close the connection. Requests are accepted as before:
   * a client that has not noticed yet must not fail.
   */
  public void drain() {
    draining = true;
  }

  /** Whether the server is about to stop. */
  public boolean draining() {
    return draining;
  }

  /**
   * Waits, after {@link #drain}, until there are none; false when the limit or an interrupt came
   * first.
   */
  public boolean awaitIdle(Duration limit) {
    lock.lock();
    try {
      return waitUntilIdle(limit.toNanos());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  private boolean waitUntilIdle(long limitNanos) throws InterruptedException {
    long left = limitNanos;
    while (count.get() > 0) {
      if (left <= 0) {
        return false;
      }
      // Woken by the last one; looks again at times, as drain() may come after leave() looked.
      long slice = Math.min(left, TimeUnit.MILLISECONDS.toNanos(50));
      left -= slice - idle.awaitNanos(slice);
    }
    return true;
  }

  private void signalIdle() {
    lock.lock();
    try {
      idle.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
