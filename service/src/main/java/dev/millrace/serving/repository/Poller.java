package dev.millrace.serving.repository;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does something again and again on a virtual thread of its own, until it is closed: after each
 * interval, and whenever it is called.
 */
final class Poller implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Poller.class);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);
  // Calls that come closer to each other share a round.
  private static final Duration BREATH = Duration.ofMillis(10);

  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Semaphore calls = new Semaphore(0);
  private final Thread thread;

  private Poller(String name, Duration interval, Runnable round) {
    this.thread = Thread.ofVirtual().name(name).unstarted(() -> run(interval, round));
  }

  /** Starts the first round at once. */
  static Poller start(String name, Duration interval, Runnable round) {
    var poller = new Poller(name, interval, round);
    poller.thread.start();
    return poller;
  }

  /** Asks for a round now, or as soon as the one under way is over. */
  void call() {
    calls.release();
  }

  private void run(Duration interval, Runnable round) {
    try {
      do {
        guarded(round);
      } while (!stopped.await(BREATH.toNanos(), TimeUnit.NANOSECONDS) && isNext(interval));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isNext(Duration interval) throws InterruptedException {
    calls.tryAcquire(interval.minus(BREATH).toMillis(), TimeUnit.MILLISECONDS);
    calls.drainPermits();
    return stopped.getCount() > 0;
  }

  /** One round that breaks must not be the last one. */
  private static void guarded(Runnable round) {
    try {
      round.run();
    } catch (RuntimeException e) {
      log.error("A round of '{}' broke; the next one goes on", Thread.currentThread().getName(), e);
    }
  }

  /** Lets the round under way end, within a limit. */
  @Override
  public void close() {
    stopped.countDown();
    call();
    try {
      if (!thread.join(STOP_LIMIT)) {
        thread.interrupt();
      }
    } catch (InterruptedException _) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }
}
