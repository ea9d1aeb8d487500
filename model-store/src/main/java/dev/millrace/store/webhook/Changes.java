package dev.millrace.store.webhook;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Wakes the dispatcher when there may be something to send. Signals that nobody waits for add up to
 * one.
 */
final class Changes {
  private final Semaphore signals = new Semaphore(0);

  void signal() {
    if (signals.availablePermits() == 0) {
      signals.release();
    }
  }

  /** Waits for a signal, at most so long. */
  void await(long millis) throws InterruptedException {
    if (signals.tryAcquire(millis, TimeUnit.MILLISECONDS)) {
      signals.drainPermits();
    }
  }
}
