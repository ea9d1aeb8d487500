package dev.millrace.serving.scheduling;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The sleep of one worker. The worker announces it, looks a last time whether there is work, and
 * only then sleeps; others add work first and look whether somebody sleeps after. So one of the two
 * always sees the other.
 *
 * <p>While it sleeps, another thread may take the worker's place: {@link #standIn}. The worker does
 * not awake until that thread leaves the place, and what happens meanwhile is seen by that thread,
 * which looks a last time as the worker would.
 */
class Sleeper {
  private static final long UNTIL_WOKEN = Long.MAX_VALUE;
  private static final int AWAKE = 0;
  private static final int ASLEEP = 1;
  private static final int REPLACED = 2;

  private final AtomicInteger state = new AtomicInteger(AWAKE);
  private volatile @Nullable Thread thread;

  /** The worker's time is over, and it waits for its place. */
  private volatile boolean waitsForPlace;

  /** Called by the worker before its last look. */
  void announce() {
    thread = Thread.currentThread();
    state.set(ASLEEP);
  }

  /** Sleeps after {@link #announce}, unless woken since; may return early. */
  void sleep(long nanos) {
    if (state.get() != AWAKE) {
      park(nanos);
    }
    stayAwake();
  }

  /** The last look found work. Waits for whoever has the worker's place. */
  void stayAwake() {
    if (isBack()) {
      return;
    }
    waitsForPlace = true;
    while (!isBack()) {
      park(UNTIL_WOKEN);
    }
    waitsForPlace = false;
  }

  private boolean isBack() {
    return state.compareAndSet(ASLEEP, AWAKE) || state.get() == AWAKE;
  }

  boolean isAsleep() {
    return state.get() == ASLEEP;
  }

  /** Wakes the worker if it sleeps; returns whether it did. */
  boolean wake() {
    boolean slept = isAsleep() && state.compareAndSet(ASLEEP, AWAKE);
    if (slept) {
      unpark();
    }
    return slept;
  }

  /** Takes the place of the worker if it sleeps; returns whether it did. */
  boolean standIn() {
    return isAsleep() && state.compareAndSet(ASLEEP, REPLACED);
  }

  /** Ends {@link #standIn}: the worker sleeps on, and the caller has to look a last time. */
  void leaveAsleep() {
    state.set(ASLEEP);
    if (waitsForPlace) {
      unpark();
    }
  }

  /** Ends {@link #standIn}: the worker goes on. */
  void leaveAwake() {
    state.set(AWAKE);
    unpark();
  }

  /** Holds the worker up until {@link #unpark}; may return early. Replaced by tests. */
  void park(long nanos) {
    LockSupport.parkNanos(this, nanos);
  }

  /** Lets the worker go on, or not be held up the next time. Replaced by tests. */
  void unpark() {
    LockSupport.unpark(thread);
  }
}
