package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.telemetry.ModelMeters;
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
 * SleepLinearizabilityTest} does, on a copy of the loop, and {@link WorkerStandInTest}.
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
    private final OneWorker one;
    private final AtomicInteger asking = new AtomicInteger(THREADS - 1);

    Threads(EchoModel model, int wakesEarly) {
      one = new OneWorker(model, new CheckedSleeper(wakesEarly));
    }

    final void runWorker() {
      one.worker().run();
    }

    final void ask() {
      var asker = new Asker();
      one.submit(asker);
      asker.await();
    }

    final void sweep() {
      one.sweep();
    }

    /** Once both have nothing more to ask. */
    final void leave() {
      if (asking.decrementAndGet() == 0) {
        one.close();
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
