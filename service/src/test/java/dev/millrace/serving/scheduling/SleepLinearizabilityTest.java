package dev.millrace.serving.scheduling;

import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * A worker falls asleep while requests come, a timer looks through the queue, and those who submit
 * stand in for it, as {@link Worker} does all that. Whatever the interleaving, nothing waits in the
 * end while the worker sleeps, and nobody has had its place beside somebody else.
 */
class SleepLinearizabilityTest {
  @Test
  void inHistoriesOfRealThreads() {
    new StressOptions()
        .iterations(10)
        .invocationsPerIteration(500)
        .threads(3)
        .actorsPerThread(4)
        .check(WithQueue.class);
  }

  @Test
  void inInterleavingsThatAModelCheckerChooses() {
    new ModelCheckingOptions()
        .iterations(15)
        .invocationsPerIteration(500)
        .threads(2)
        .actorsBefore(0)
        .actorsPerThread(3)
        .actorsAfter(0)
        .check(WithInbox.class);
  }

  /** The queue that the workers have. */
  public static final class WithQueue extends Threads {
    private static final SchedulerSettings SETTINGS =
        new SchedulerSettings(4, List.of(), Duration.ZERO, 100, 1, 1, Duration.ZERO);

    private final Learned learned = Learned.of(SETTINGS, 4, 1, "m");
    private final RequestQueue queue =
        new RequestQueue(
            SETTINGS,
            4,
            new ServingMeters(new SimpleMeterRegistry(), NanoClock.SYSTEM).open("m", "1"),
            learned);
    private final Batch batch = new Batch(learned.times());

    @Override
    void add() {
      queue.rows().reserve(1, 1);
      queue.push(part());
    }

    @Override
    boolean takesAny() {
      return queue.next(0, batch) != null;
    }

    @Override
    boolean hasArrivals() {
      return queue.hasArrivals();
    }

    @Override
    boolean hasMore() {
      return queue.hasMore();
    }

    /** The timer sorts what came, so that the inbox looks empty. */
    @Operation
    public void sweep() {
      queue.sweep(0, new Batch(learned.times()));
      if (queue.hasArrivals()) {
        wakeOne();
      }
    }

    /** No request waits while the worker sleeps. */
    @Validate
    public void check() {
      checkNothingIsForgotten();
    }
  }

  /** Few steps, so that most of their orders are tried. */
  public static final class WithInbox extends Threads {
    private final Inbox inbox = new Inbox();

    @Override
    void add() {
      inbox.push(part());
    }

    @Override
    boolean takesAny() {
      return inbox.takeAll() != null;
    }

    @Override
    boolean hasArrivals() {
      return !inbox.isEmpty();
    }

    @Override
    boolean hasMore() {
      return hasArrivals();
    }

    /** No request waits while the worker sleeps. */
    @Validate
    public void check() {
      checkNothingIsForgotten();
    }
  }

  /** What the threads do; Lincheck finds these methods by their annotation. */
  abstract static class Threads {
    private final Sleeper sleeper = new Sleeper();
    private final Wakeups wakeups = new Wakeups(List.of(sleeper), List.of(this::runInPlace));
    private final Wakeups wakeupsOfLong = new Wakeups(List.of(sleeper), List.of());
    private final AtomicInteger inPlace = new AtomicInteger();
    private volatile boolean shared;

    /** Of the worker's thread only: it has announced its sleep and not woken since. */
    private boolean sleeps = true;

    /** The worker sleeps at first. */
    Threads() {
      sleeper.announce();
    }

    abstract void add();

    abstract boolean takesAny();

    abstract boolean hasArrivals();

    abstract boolean hasMore();

    static Part part() {
      return Part.whole(
          new ScheduledRequest(List.of(), 1, List.of(), Long.MAX_VALUE, 0, Caller.direct()), 0);
    }

    void wakeOne() {
      wakeups.wakeOne();
    }

    /** Adds a request, and does the work itself where the worker sleeps. */
    @Operation
    public void submit() {
      add();
      wakeups.request(Runnable::run);
    }

    /** Adds one that takes too long for that, and wakes the worker. */
    @Operation
    public void submitLong() {
      add();
      wakeupsOfLong.request(Runnable::run);
    }

    /** The worker wakes, be it early, and does one step. */
    @Operation(nonParallelGroup = "worker")
    public void work() {
      if (sleeps) {
        sleeper.sleep(0);
        sleeps = false;
      }
      if (!takes()) {
        fallAsleep();
      }
    }

    private void fallAsleep() {
      sleeper.announce();
      if (hasArrivals()) {
        sleeper.stayAwake();
      } else {
        sleeps = true;
      }
    }

    private boolean runInPlace() {
      if (!sleeper.standIn()) {
        return false;
      }
      if (takes() && hasMore()) {
        sleeper.leaveAwake();
      } else {
        sleeper.leaveAsleep();
        if (hasArrivals()) {
          sleeper.wake();
        }
      }
      return true;
    }

    private boolean takes() {
      shared |= inPlace.incrementAndGet() > 1;
      boolean took = takesAny();
      inPlace.decrementAndGet();
      return took;
    }

    final void checkNothingIsForgotten() {
      if (shared) {
        throw new IllegalStateException("two had the place of the worker");
      }
      if (hasMore() && sleeper.isAsleep()) {
        throw new IllegalStateException("something waits and the worker sleeps");
      }
    }
  }
}
