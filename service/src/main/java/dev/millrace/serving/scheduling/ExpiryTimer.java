package dev.millrace.serving.scheduling;

import dev.millrace.serving.time.NanoClock;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells callers whose deadline passed while all workers were busy. It sleeps until the next
 * deadline it knows of; one that is later than that costs a comparison, so a deadline far away that
 * every request carries wakes it once a period. Started by the first deadline. Thread-safe.
 */
final class ExpiryTimer implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(ExpiryTimer.class);

  /** Under overload a deadline passes all the time; each look costs the queue's lock. */
  private static final long GRAIN_NANOS = 5_000_000;

  /** After a look that broke. */
  private static final long PAUSE_NANOS = 100_000_000;

  private static final long NONE = Long.MAX_VALUE;

  /** Looks for what is late; returns the next deadline, or {@link Long#MAX_VALUE}. */
  interface Sweep {
    long sweep(long nowNanos);
  }

  private final String name;
  private final Sweep sweep;
  private final NanoClock clock;
  private final long originNanos;

  /** Since the origin, so that times compare as numbers. */
  private final AtomicLong nextNanos = new AtomicLong(NONE);

  private final AtomicBoolean started = new AtomicBoolean();
  private volatile @Nullable Thread thread;
  private volatile boolean closed;

  ExpiryTimer(String name, Sweep sweep, NanoClock clock) {
    this.name = name;
    this.sweep = sweep;
    this.clock = clock;
    originNanos = clock.nanos();
  }

  /** Called after something with this deadline was queued. */
  void watch(long deadlineNanos) {
    long sinceOrigin = deadlineNanos - originNanos;
    long next = nextNanos.get();
    if (sinceOrigin < next && nextNanos.accumulateAndGet(sinceOrigin, Math::min) == sinceOrigin) {
      wake();
    }
  }

  private void wake() {
    if (started.compareAndSet(false, true)) {
      start();
    } else {
      LockSupport.unpark(thread);
    }
  }

  /** Where there is no memory for a thread now, the next deadline tries again. */
  private void start() {
    try {
      Thread.ofVirtual().name(name).start(this);
    } catch (RuntimeException | Error e) {
      nextNanos.set(NONE);
      started.set(false);
      throw e;
    }
  }

  @Override
  public void run() {
    thread = Thread.currentThread();
    while (!closed) {
      long now = clock.nanos();
      long wait = nextNanos.get() == NONE ? NONE : nextNanos.get() + originNanos - now;
      if (wait > 0) {
        LockSupport.parkNanos(this, wait);
      } else {
        look(now);
      }
    }
  }

  /** The boundary of the timer: one caller that breaks must not cost the others theirs. */
  private void look(long nowNanos) {
    nextNanos.set(NONE);
    try {
      long next = sweep.sweep(nowNanos);
      if (next != NONE) {
        watchNoSoonerThan(nowNanos + GRAIN_NANOS, next);
      }
    } catch (RuntimeException | Error e) {
      log.error("Refusing what is late broke: {}", name, e);
      watchNoSoonerThan(nowNanos + PAUSE_NANOS, nowNanos);
    }
  }

  private void watchNoSoonerThan(long earliestNanos, long deadlineNanos) {
    long at = deadlineNanos - earliestNanos < 0 ? earliestNanos : deadlineNanos;
    nextNanos.accumulateAndGet(at - originNanos, Math::min);
  }

  void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
