package dev.millrace.serving.scheduling;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The sleep of one worker. The worker announces it, looks a last time whether there is work, and
 * only then sleeps; others add work first and look whether somebody sleeps after. So one of the two
 * always sees the other.
 */
final class Sleeper {
  private final AtomicBoolean asleep = new AtomicBoolean();
  private volatile @Nullable Thread thread;

  /** Called by the worker before its last look. */
  void announce() {
    thread = Thread.currentThread();
    asleep.set(true);
  }

  /** Sleeps after {@link #announce}, unless woken since; may return early. */
  void sleep(long nanos) {
    if (asleep.get()) {
      LockSupport.parkNanos(this, nanos);
    }
    asleep.set(false);
  }

  /** The last look found work. */
  void stayAwake() {
    asleep.set(false);
  }

  boolean isAsleep() {
    return asleep.get();
  }

  /** Wakes the worker if it sleeps; returns whether it did. */
  boolean wake() {
    boolean slept = asleep.get() && asleep.compareAndSet(true, false);
    if (slept) {
      LockSupport.unpark(thread);
    }
    return slept;
  }
}
