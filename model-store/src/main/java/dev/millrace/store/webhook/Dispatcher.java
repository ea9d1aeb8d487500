package dev.millrace.store.webhook;

import dev.millrace.store.failure.StoreException;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.EventListener;

/**
 * Sends what the outbox holds.
 *
 * <p>One thread looks which webhooks have a delivery that is due and starts a virtual thread for
 * each of them. That one sends the deliveries of its webhook one after the other, the next when the
 * one before is received or given up, so that a receiver hears of events in their order and a slow
 * one delays only itself.
 */
final class Dispatcher implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(Dispatcher.class);
  private static final int AT_ONCE = 100;
  // After so many a thread queues anew, where more than AT_ONCE webhooks have something to send.
  private static final int PER_TURN = 50;
  private static final Duration RENEWAL = Deliveries.LEASE.dividedBy(3);
  // What another process left behind is found within this time.
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(5);
  private static final int STOP_SECONDS = 10;

  private final Deliveries deliveries;
  private final Sender sender;
  private final Changes changes;
  private final Clock clock;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore slots = new Semaphore(AT_ONCE, true);
  private final Set<String> busy = ConcurrentHashMap.newKeySet();
  private final CountDownLatch stopping = new CountDownLatch(1);
  private volatile boolean running;
  // Guarded by the loop's thread.
  private long renewAt;

  Dispatcher(Deliveries deliveries, Sender sender, Changes changes, Clock clock) {
    this.deliveries = deliveries;
    this.sender = sender;
    this.changes = changes;
    this.clock = clock;
  }

  @Override
  public void start() {
    running = true;
  }

  /** Not before the web server listens: a store that cannot is no sender either. */
  @EventListener(ApplicationStartedEvent.class)
  void begin() {
    threads.execute(this::loop);
  }

  /** Breaks off what is under way; it is sent again after the next start. */
  @Override
  public void stop() {
    running = false;
    stopping.countDown();
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        log.warn("Webhook deliveries under way did not end in time");
      }
      deliveries.release();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      log.warn("Webhook deliveries under way stay reserved for a while", e);
    }
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** After the web server, which may still make changes, and before the database. */
  @Override
  public int getPhase() {
    return 0;
  }

  private void loop() {
    try {
      while (running) {
        changes.await(Math.max(1, nextLook() - clock.millis()));
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private long nextLook() {
    try {
      return look(clock.millis());
    } catch (RuntimeException e) {
      pauseAfter(e, "Webhook deliveries cannot be looked up");
      return clock.millis();
    }
  }

  /** Starts what is due, and says when there is something to do again. */
  private long look(long now) {
    if (busy.isEmpty() || now >= renewAt) {
      renewAt = now + RENEWAL.toMillis();
      if (!busy.isEmpty()) {
        deliveries.renew();
      }
    }
    var next = now + LOOK_AGAIN.toMillis();
    for (JdbcDeliveries.Head head : deliveries.heads()) {
      if (busy.contains(head.webhookId())) {
        next = Math.min(next, renewAt);
      } else if (head.readyAt() <= now) {
        begin(head.webhookId());
        next = Math.min(next, renewAt);
      } else {
        next = Math.min(next, head.readyAt());
      }
    }
    return next;
  }

  private void begin(String webhookId) {
    busy.add(webhookId);
    threads.execute(() -> serve(webhookId));
  }

  private void serve(String webhookId) {
    try {
      slots.acquire();
      try {
        sendInOrder(webhookId);
      } finally {
        slots.release();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      pauseAfter(e, "Webhook deliveries broke off");
    } finally {
      busy.remove(webhookId);
      changes.signal();
    }
  }

  private void sendInOrder(String webhookId) {
    var delivery = deliveries.take(webhookId);
    for (int sent = 1; delivery.isPresent(); sent++) {
      var taken = delivery.get();
      var outcome = sender.send(taken.receiver(), taken.id(), taken.body());
      if (!running) {
        settleBeforeStop(taken, outcome);
        return;
      }
      if (sent == PER_TURN) {
        deliveries.settle(taken, outcome);
        return;
      }
      delivery = deliveries.settleAndTakeNext(taken, outcome);
    }
  }

  /** An attempt that the stop broke off says nothing about the receiver; an answer does. */
  private void settleBeforeStop(Delivery taken, Outcome outcome) {
    if (outcome instanceof Outcome.Answered) {
      var interrupted = Thread.interrupted();
      deliveries.settle(taken, outcome);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Ends early when the store stops. */
  private void pauseAfter(RuntimeException failure, String message) {
    if (!running) {
      return;
    }
    // The database has said in the log that it is away.
    if (!(failure instanceof StoreException)) {
      log.error(message, failure);
    }
    try {
      var stopped = stopping.await(PAUSE_AFTER_FAILURE.toSeconds(), TimeUnit.SECONDS);
      log.debug("Looking at the webhook deliveries again: stopped={}", stopped);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
