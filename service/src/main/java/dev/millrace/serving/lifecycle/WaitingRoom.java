package dev.millrace.serving.lifecycle;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.time.NanoClock;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where requests wait for models that are loaded on demand: so many at most, each until its
 * deadline. Thread-safe; no method blocks.
 */
final class WaitingRoom implements AutoCloseable {
  private final int most;
  private final NanoClock clock;
  private final Consumer<Awakening> loader;
  private final AtomicInteger waiting = new AtomicInteger();
  private final ScheduledThreadPoolExecutor deadlines;

  /**
   * Starts no thread before the first deadline.
   *
   * @param loader begins to load a version, and calls {@link Awakening#end} when that is over
   */
  WaitingRoom(int most, NanoClock clock, Consumer<Awakening> loader) {
    this.most = most;
    this.clock = clock;
    this.loader = loader;
    deadlines =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("load-deadlines").daemon().factory());
    deadlines.setRemoveOnCancelPolicy(true);
  }

  NanoClock clock() {
    return clock;
  }

  void beginLoad(Awakening awakening) {
    loader.accept(awakening);
  }

  /** Lets a request in; null when too many wait, and the request is told so. */
  @Nullable Guest enter(ServedModel model, @Nullable String version, LeaseWaiter waiter) {
    if (waiting.incrementAndGet() > most) {
      waiting.decrementAndGet();
      waiter.failed(
          new InferenceFailure.Overloaded(
              "Model '%s' has to be loaded first, and %d requests wait for loads already. Try again later."
                  .formatted(model.name(), most)));
      return null;
    }
    var guest = new Guest(version, waiter, clock.nanos());
    guest.expireAt(waiter.deadlineNanos(), model.name());
    return guest;
  }

  /** Deadlines of those who still wait are not kept any more. */
  @Override
  public void close() {
    deadlines.shutdownNow();
  }

  /** One request that waits. */
  final class Guest {
    private final @Nullable String version;
    private final LeaseWaiter waiter;
    private final long arrivedNanos;
    private final AtomicBoolean left = new AtomicBoolean();
    private volatile @Nullable Future<?> expiry;

    Guest(@Nullable String version, LeaseWaiter waiter, long arrivedNanos) {
      this.version = version;
      this.waiter = waiter;
      this.arrivedNanos = arrivedNanos;
    }

    @Nullable String version() {
      return version;
    }

    LeaseWaiter waiter() {
      return waiter;
    }

    long waitedNanos() {
      return clock.nanos() - arrivedNanos;
    }

    /** Whether the caller is the one who tells it how it ended; true once. */
    boolean leave() {
      boolean first = left.compareAndSet(false, true);
      if (first) {
        waiting.decrementAndGet();
        var timer = expiry;
        if (timer != null) {
          timer.cancel(false);
        }
      }
      return first;
    }

    private void expireAt(long deadlineNanos, String model) {
      if (deadlineNanos != Long.MAX_VALUE && !deadlines.isShutdown()) {
        long leftNanos = deadlineNanos - clock.nanos();
        expiry = deadlines.schedule(() -> expire(model), leftNanos, TimeUnit.NANOSECONDS);
      }
    }

    private void expire(String model) {
      if (leave()) {
        waiter.failed(
            new InferenceFailure.TimedOut(
                "Model '%s' had to be loaded first, and that took longer than the %d ms the request had. Allow more time, or try again."
                    .formatted(model, waitedNanos() / 1_000_000)));
      }
    }
  }
}
