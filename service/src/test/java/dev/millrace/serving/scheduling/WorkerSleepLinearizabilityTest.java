package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuarantee;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.verifier.EpsilonVerifier;
import org.junit.jupiter.api.Test;

/**
 * The loop of a real {@link Worker} falls asleep while requests come, a timer looks through the
 * queue, and those who submit stand in for the worker. Each who asks waits for its answer before it
 * goes on, and the queue closes only when all have theirs: a wake-up that got lost leaves everybody
 * waiting, which Lincheck finds. It does not find a missing last look of who stood in, here; {@link
 * SleepLinearizabilityTest} does, on a copy of the loop.
 */
class WorkerSleepLinearizabilityTest {
  private static final int THREADS = 3;

  @Test
  void inHistoriesOfRealThreads() {
    new StressOptions()
        .iterations(1)
        .invocationsPerIteration(2_000)
        .threads(THREADS)
        .actorsBefore(0)
        .actorsPerThread(1)
        .actorsAfter(0)
        .verifier(EpsilonVerifier.class)
        .check(Replaced.class);
  }

  @Test
  void inInterleavingsThatAModelCheckerChooses() {
    modelChecking().check(Woken.class);
  }

  @Test
  void inInterleavingsWhereOthersStandInForTheWorker() {
    modelChecking().invocationsPerIteration(400).check(Replaced.class);
  }

  /** Of one scenario, since what each thread does is fixed. */
  private static ModelCheckingOptions modelChecking() {
    return new ModelCheckingOptions()
        .iterations(1)
        .invocationsPerIteration(150)
        .threads(THREADS)
        .actorsBefore(0)
        .actorsPerThread(1)
        .actorsAfter(0)
        .verifier(EpsilonVerifier.class)
        .minimizeFailedScenario(false)
        .addGuarantee(noSwitchesWithin())
        .addGuarantee(atOnce());
  }

  /** What one thread owns or a lock guards, and the counts: few steps remain to try. */
  private static ManagedStrategyGuarantee noSwitchesWithin() {
    return ManagedStrategyGuaranteeKt.forClasses(
            names(
                Batch.class,
                BatchInputs.class,
                ComputeTimes.class,
                EchoModel.class,
                Forecast.class,
                Instance.class,
                Lanes.class,
                ModelMeters.class,
                OutputRows.class,
                Repairs.class,
                Tensors.class,
                Turn.class,
                TurnWaits.class,
                Waits.class))
        .allMethods()
        .ignore();
  }

  private static ManagedStrategyGuarantee atOnce() {
    return ManagedStrategyGuaranteeKt.forClasses(
            names(BatchRunner.class, Deliveries.class, Handover.class))
        .allMethods()
        .treatAsAtomic();
  }

  private static String[] names(Class<?>... classes) {
    return List.of(classes).stream().map(Class::getName).toArray(String[]::new);
  }

  /** The worker is woken for each request, and the timer sorts what came. */
  public static final class Woken extends Threads {
    /** Called by Lincheck. */
    public Woken() {
      super(EchoModel.free(), 0);
    }

    /** What the thread of this number does. */
    @Operation
    public void act(@Param(gen = ThreadIdGen.class) int thread) {
      switch (thread) {
        case 1 -> runWorker();
        case 2 -> ask();
        default -> sweep();
      }
      leave();
    }
  }

  /** Runs are brief, so those who submit do them while the worker sleeps, or wakes early. */
  public static final class Replaced extends Threads {
    /** Called by Lincheck. */
    public Replaced() {
      super(EchoModel.ofValues(), 1);
    }

    /** What the thread of this number does. */
    @Operation
    public void act(@Param(gen = ThreadIdGen.class) int thread) {
      switch (thread) {
        case 1 -> runWorker();
        default -> ask();
      }
      leave();
    }
  }

  /** What the threads do; Lincheck finds operations where they are annotated. */
  abstract static class Threads {
    private static final SchedulerSettings SETTINGS =
        new SchedulerSettings(4, List.of(), Duration.ZERO, 100, 1, 1, Duration.ZERO);
    private static final ModelMeters METERS =
        new ServingMeters(new SimpleMeterRegistry(), NanoClock.SYSTEM).open("m", "1");

    private final Learned learned = Learned.of(SETTINGS, 4, 1, "m");
    private final RequestQueue queue = new RequestQueue(SETTINGS, 4, METERS, learned);
    private final List<Worker> workers = new ArrayList<>();
    private final AtomicInteger asking = new AtomicInteger(THREADS - 1);
    private final Wakeups wakeups;

    Threads(EchoModel model, int wakesEarly) {
      NanoClock still = () -> 0;
      var sleeper = new CheckedSleeper(wakesEarly);
      wakeups = new Wakeups(List.of(sleeper), workers);
      var repairs = new Repairs(InstanceRepair.NONE, learned.forecast(), 1, () -> {});
      var turn = new Turn(DeviceShares.UNSHARED, "fake", still);
      var seat = new Worker.Seat(0, sleeper, turn, new Batch(learned.times()), repairs);
      var runner = new BatchRunner(model, queue, learned, METERS, still, null);
      workers.add(new Worker(queue, runner, wakeups, seat, learned, still));
      learned.times().ran(1, 1_000);
    }

    final void runWorker() {
      workers.getFirst().run();
    }

    /** As {@link ModelScheduler}, which has threads of its own. */
    final void ask() {
      var asker = new Asker();
      queue.rows().reserve(1, 1);
      queue.push(
          Part.whole(
              new ScheduledRequest(
                  List.of(Tensors.row("x", 1)), 1, List.of(), Long.MAX_VALUE, 0, asker),
              0));
      wakeups.request(asker.home());
      asker.await();
    }

    final void sweep() {
      queue.sweep(0, new Batch(learned.times()));
      if (queue.hasArrivals()) {
        wakeups.wakeOne();
      }
    }

    /** Once both have nothing more to ask. */
    final void leave() {
      if (asking.decrementAndGet() == 0) {
        queue.close();
        wakeups.wakeAll();
      }
    }
  }

  /**
   * Sleeps in a way that the model checker sees. To it, a thread that is parked by code of ours
   * goes on at once, as the JVM allows, and so no wake-up would ever be missed.
   */
  private static final class CheckedSleeper extends Sleeper {
    /** How often it still wakes too early. Of the worker's thread only. */
    private int early;

    /** Guarded by this. */
    private boolean permit;

    CheckedSleeper(int early) {
      this.early = early;
    }

    @Override
    void park(long nanos) {
      if (early > 0) {
        early--;
      } else {
        awaitPermit();
      }
    }

    private synchronized void awaitPermit() {
      try {
        while (!permit) {
          wait();
        }
        permit = false;
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    synchronized void unpark() {
      permit = true;
      notifyAll();
    }
  }

  /** Waits for its answer. */
  private static final class Asker implements Outcome {
    private static final Executor DIRECT = Runnable::run;

    private final CountDownLatch told = new CountDownLatch(1);

    void await() {
      try {
        told.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public Executor home() {
      return DIRECT;
    }

    @Override
    public void completed(BatchResult result) {
      result.close();
      told.countDown();
    }

    @Override
    public void failed(InferenceFailure failure) {
      throw new AssertionError(failure.message());
    }

    @Override
    public boolean cancelled() {
      return false;
    }
  }
}
