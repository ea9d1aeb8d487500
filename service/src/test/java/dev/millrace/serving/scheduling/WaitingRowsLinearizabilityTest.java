package dev.millrace.serving.scheduling;

import java.util.Arrays;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.junit.jupiter.api.Test;

/** The count of rows behaves as one behind a lock would, however its threads interleave. */
class WaitingRowsLinearizabilityTest {
  private static final int MOST = 5;
  private static final int MOST_THREADS = 8;

  @Test
  void inHistoriesOfRealThreads() {
    new StressOptions()
        .iterations(10)
        .invocationsPerIteration(500)
        .threads(3)
        .actorsPerThread(3)
        .sequentialSpecification(Plain.class)
        .check(Threads.class);
  }

  @Test
  void inInterleavingsThatAModelCheckerChooses() {
    new ModelCheckingOptions()
        .iterations(10)
        .invocationsPerIteration(200)
        .threads(3)
        .actorsPerThread(2)
        .sequentialSpecification(Plain.class)
        .check(Threads.class);
  }

  /** What the threads do; Lincheck finds these methods by their annotation. */
  @Param(name = "rows", gen = IntGen.class, conf = "1:4")
  public static final class Threads {
    private final WaitingRows rows = new WaitingRows(QueueSettings.of(MOST, 2, 2), false);

    /** By thread, and each thread uses its own only. */
    private final int[] held = new int[MOST_THREADS];

    /** Takes room. */
    @Operation
    public boolean reserve(
        @Param(name = "rows") int count, @Param(gen = ThreadIdGen.class) int thread) {
      boolean reserved = rows.reserve(count, 1);
      held[thread] += reserved ? count : 0;
      return reserved;
    }

    /** Gives one row of this thread back, if it has one. */
    @Operation
    public boolean release(@Param(gen = ThreadIdGen.class) int thread) {
      if (held[thread] == 0) {
        return false;
      }
      held[thread]--;
      rows.release(1, 1);
      return true;
    }

    /** What is taken. */
    @Operation
    public int all() {
      return rows.all();
    }
  }

  /** The same one after the other. */
  public static final class Plain {
    private final int[] held = new int[MOST_THREADS];

    /** Takes room. */
    public boolean reserve(int count, int thread) {
      boolean fits = all() + count <= MOST;
      held[thread] += fits ? count : 0;
      return fits;
    }

    /** Gives one row back. */
    public boolean release(int thread) {
      boolean has = held[thread] > 0;
      held[thread] -= has ? 1 : 0;
      return has;
    }

    /** What is taken. */
    public int all() {
      return Arrays.stream(held).sum();
    }
  }
}
