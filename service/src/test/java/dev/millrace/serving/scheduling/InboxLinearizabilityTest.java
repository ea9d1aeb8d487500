package dev.millrace.serving.scheduling;

import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/** The inbox behaves as a plain list with one lock would, however its threads interleave. */
class InboxLinearizabilityTest {
  @Test
  void inHistoriesOfRealThreads() {
    new StressOptions()
        .iterations(10)
        .invocationsPerIteration(500)
        .threads(3)
        .actorsPerThread(3)
        .sequentialSpecification(PlainList.class)
        .check(Threads.class);
  }

  @Test
  void inInterleavingsThatAModelCheckerChooses() {
    new ModelCheckingOptions()
        .iterations(5)
        .invocationsPerIteration(150)
        .threads(3)
        .actorsPerThread(2)
        .sequentialSpecification(PlainList.class)
        .check(Threads.class);
  }

  /** What the threads do; Lincheck finds these methods by their annotation. */
  public static final class Threads {
    private final Inbox inbox = new Inbox();

    /** Leaves a part with this number. */
    @Operation
    public void push(@Param(gen = IntGen.class) int number) {
      var request =
          new ScheduledRequest(List.of(), 1, List.of(), Long.MAX_VALUE, 0, Caller.direct());
      inbox.push(Part.whole(request, number));
    }

    /** The numbers taken, oldest first. */
    @Operation
    public List<Long> takeAll() {
      var taken = new ArrayList<Long>();
      for (var part = inbox.takeAll(); part != null; part = part.next) {
        taken.add(part.submittedNanos);
      }
      return taken;
    }

    /** Whether nothing is there. */
    @Operation
    public boolean isEmpty() {
      return inbox.isEmpty();
    }
  }

  /** The same one after the other. */
  public static final class PlainList {
    private final List<Long> waiting = new ArrayList<>();

    /** Adds at the end. */
    public void push(int number) {
      waiting.add((long) number);
    }

    /** Takes everything. */
    public List<Long> takeAll() {
      var taken = List.copyOf(waiting);
      waiting.clear();
      return taken;
    }

    /** Whether nothing is there. */
    public boolean isEmpty() {
      return waiting.isEmpty();
    }
  }
}
