package dev.millrace.serving.lifecycle;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * Leases behave as a counter and a flag behind one lock would, however their threads interleave.
 * Only how many are held is no part of that while threads run: who comes after the retirement is
 * counted for a moment. What matters is checked instead: whoever is let in sees no drain before it
 * has left, and once all are back a retired version is drained.
 */
class LeaseCountLinearizabilityTest {
  private static final int MOST_THREADS = 8;

  @Test
  void inHistoriesOfRealThreads() {
    new StressOptions()
        .iterations(10)
        .invocationsPerIteration(500)
        .threads(3)
        .actorsPerThread(3)
        .sequentialSpecification(CounterAndFlag.class)
        .check(Threads.class);
  }

  @Test
  void inInterleavingsThatAModelCheckerChooses() {
    new ModelCheckingOptions()
        .iterations(5)
        .invocationsPerIteration(150)
        .threads(3)
        .actorsPerThread(2)
        .sequentialSpecification(CounterAndFlag.class)
        .check(Threads.class);
  }

  /** What became of an attempt. */
  public enum Attempt {
    /** The thread was let in, or had a lease to give back. */
    DONE,
    /** It was not, or had none. */
    REFUSED,
    /** It held a lease on a version that was drained: this must not happen. */
    DRAINED_UNDER_LEASE
  }

  /** What the threads do; Lincheck finds these methods by their annotations. */
  public static final class Threads {
    private final LeaseCount leases = new LeaseCount();

    /** By thread, and each thread uses its own only. */
    private final int[] held = new int[MOST_THREADS];

    /** Takes a lease. */
    @Operation
    public Attempt acquire(@Param(gen = ThreadIdGen.class) int thread) {
      if (!leases.acquire()) {
        return Attempt.REFUSED;
      }
      held[thread]++;
      return underLease();
    }

    /** Gives a lease of this thread back. */
    @Operation
    public Attempt release(@Param(gen = ThreadIdGen.class) int thread) {
      if (held[thread] == 0) {
        return Attempt.REFUSED;
      }
      var attempt = underLease();
      held[thread]--;
      leases.release();
      return attempt;
    }

    /** Lets nobody in any more. */
    @Operation
    public void retire() {
      leases.retire();
    }

    /** The same where no lease is out. */
    @Operation
    public boolean retireIfIdle() {
      return leases.retireIfIdle();
    }

    /** Called by Lincheck once all threads have ended. */
    @Validate
    public void atRest() {
      int out = 0;
      for (int count : held) {
        out += count;
      }
      boolean retired = !leases.acquire();
      if (!retired) {
        leases.release();
      }
      if (leases.held() != out || isDrained() != (retired && out == 0)) {
        throw new IllegalStateException(
            "held "
                + leases.held()
                + " of "
                + out
                + ", retired "
                + retired
                + ", drained "
                + isDrained());
      }
    }

    private Attempt underLease() {
      return isDrained() ? Attempt.DRAINED_UNDER_LEASE : Attempt.DONE;
    }

    private boolean isDrained() {
      return leases.drained().toCompletableFuture().isDone();
    }
  }

  /** The same one after the other. */
  public static final class CounterAndFlag {
    private final int[] held = new int[MOST_THREADS];
    private int out;
    private boolean retired;

    /** Counts up. */
    public Attempt acquire(int thread) {
      if (retired) {
        return Attempt.REFUSED;
      }
      held[thread]++;
      out++;
      return Attempt.DONE;
    }

    /** Counts down. */
    public Attempt release(int thread) {
      if (held[thread] == 0) {
        return Attempt.REFUSED;
      }
      held[thread]--;
      out--;
      return Attempt.DONE;
    }

    /** Sets the flag. */
    public void retire() {
      retired = true;
    }

    /** Sets the flag where nobody is counted. */
    public boolean retireIfIdle() {
      boolean idle = !retired && out == 0;
      retired |= idle;
      return idle;
    }
  }
}
