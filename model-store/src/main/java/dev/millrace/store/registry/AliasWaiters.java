package dev.millrace.store.registry;

import dev.millrace.store.database.Database;
import dev.millrace.store.edge.Caller;
import dev.millrace.store.failure.ErrorCode;
import dev.millrace.store.failure.StoreException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * The requests that wait for aliases to move. Each blocks its own virtual thread and looks when it
 * is called; it has no transaction and no connection meanwhile.
 */
@Component
final class AliasWaiters {
  /** Stands for all models. */
  static final String ANY = "";

  private static final int MOST = 5_000;
  // Measured; Tomcat keeps a buffer for the longest request line of each request under way.
  private static final int BYTES_EACH = 176 << 10;
  private static final Duration RECHECK = Duration.ofSeconds(1);

  /**
   * What one request waits for.
   *
   * @param model whose moves concern it, or {@link #ANY}
   */
  record Wait(String model, Duration timeout, Caller caller) {}

  private final int most;
  private final Duration recheck;
  private final LongSupplier stored;
  private final LongSupplier nanoClock;
  private final Semaphore places;
  private final Set<Waiter> waiting = ConcurrentHashMap.newKeySet();

  /** The last revision that those who wait were called for; -1 before the first. */
  private final AtomicLong known = new AtomicLong(-1);

  private final AtomicLong recheckAtNanos;
  private volatile boolean stopped;

  /** As many as a third of the heap holds. */
  @Autowired
  AliasWaiters(Database database, JdbcAliasMoves rows) {
    this(
        (int) Math.min(MOST, Runtime.getRuntime().maxMemory() / 3 / BYTES_EACH),
        RECHECK,
        () -> database.read(rows::revision),
        System::nanoTime);
  }

  /**
   * The same for tests.
   *
   * @param stored reads the last revision that any process wrote
   */
  AliasWaiters(int most, Duration recheck, LongSupplier stored, LongSupplier nanoClock) {
    this.most = most;
    this.recheck = recheck;
    this.stored = stored;
    this.nanoClock = nanoClock;
    this.places = new Semaphore(most);
    this.recheckAtNanos = new AtomicLong(nanoClock.getAsLong());
  }

  /**
   * Looks, and again whenever something moved, until there is news: at most for the time, while the
   * caller is there, and until the store stops.
   *
   * @return what the last look saw
   */
  <T> T await(Wait wait, Supplier<T> look, Predicate<T> isNews) {
    var endNanos = nanoClock.getAsLong() + wait.timeout().toNanos();
    try (var waiter = new Waiter(wait.model())) {
      var seen = look.get();
      while (!isNews.test(seen) && goesOn(wait.caller(), endNanos)) {
        if (waiter.isCalled(endNanos - nanoClock.getAsLong())) {
          seen = look.get();
        } else {
          recheck();
        }
      }
      return seen;
    }
  }

  /** Calls those whom a committed move concerns. */
  void moved(long revision, String model) {
    // A gap is a move of another process, or one whose own call comes later.
    if (known.compareAndSet(revision - 1, revision)) {
      waiting.stream().filter(waiter -> waiter.concerns(model)).forEach(Waiter::call);
    } else {
      callAllFor(revision);
    }
  }

  /** The store stops as soon as no request is under way. */
  @EventListener(ContextClosedEvent.class)
  void stop() {
    stopped = true;
    waiting.forEach(Waiter::call);
  }

  /** How many requests wait. */
  int count() {
    return waiting.size();
  }

  private boolean goesOn(Caller caller, long endNanos) {
    return !stopped
        && !Thread.currentThread().isInterrupted()
        && endNanos - nanoClock.getAsLong() > 0
        && caller.isThere();
  }

  /** One of those who wait looks for all, whether another process moved something. */
  private void recheck() {
    var now = nanoClock.getAsLong();
    var due = recheckAtNanos.get();
    if (now - due >= 0 && recheckAtNanos.compareAndSet(due, now + recheck.toNanos())) {
      var revision = stored.getAsLong();
      if (revision > known.get()) {
        callAllFor(revision);
      }
    }
  }

  private void callAllFor(long revision) {
    known.accumulateAndGet(revision, Math::max);
    waiting.forEach(Waiter::call);
  }

  /** One request; takes a place until it is closed. */
  private final class Waiter implements AutoCloseable {
    private final String model;
    private final Semaphore calls = new Semaphore(0);

    Waiter(String model) {
      this.model = model;
      if (!places.tryAcquire()) {
        throw new StoreException(
            ErrorCode.RESOURCE_EXHAUSTED,
            "%s requests wait for aliases to move, and this store lets no more wait. Ask again later; one request for registered-models/watch stands for all models."
                .formatted(most));
      }
      waiting.add(this);
    }

    boolean concerns(String moved) {
      return model.equals(ANY) || model.equals(moved);
    }

    void call() {
      calls.release();
    }

    /** Whether it was called since it last asked; waits for that, not longer than a recheck. */
    boolean isCalled(long atMostNanos) {
      try {
        var nanos = Math.min(atMostNanos, recheck.toNanos());
        var called = calls.tryAcquire(nanos, TimeUnit.NANOSECONDS);
        // A call may have come since the time was over.
        return calls.drainPermits() > 0 || called;
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    @Override
    public void close() {
      waiting.remove(this);
      places.release();
    }
  }
}
