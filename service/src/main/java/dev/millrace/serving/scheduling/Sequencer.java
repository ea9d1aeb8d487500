package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Lets outcomes leave in the order of their tickets, whichever worker has them first. Each is sent
 * to its own home, so those of one home arrive in order. Thread-safe.
 */
final class Sequencer {
  /** Outcomes whose turn has not come. Guarded by this. */
  private final Map<Long, Ready> early = new HashMap<>();

  /** Outcomes whose turn it is. Guarded by this. */
  private final ArrayDeque<Ready> leaving = new ArrayDeque<>();

  /** Guarded by this. */
  private long tickets;

  /** Guarded by this. */
  private long next;

  /** Whether a thread sends; it takes along what comes meanwhile. Guarded by this. */
  private boolean sending;

  /** What a caller is to be told. */
  private record Ready(Outcome outcome, Runnable tell) {}

  /** Puts the caller of a request in line; requests are in line in the order of these calls. */
  synchronized Outcome inLine(Outcome outcome) {
    return new InLine(outcome, tickets++);
  }

  private void ready(long ticket, Ready ready) {
    if (add(ticket, ready)) {
      for (var leaves = poll(); leaves != null; leaves = poll()) {
        send(leaves);
      }
    }
  }

  /** Whether this thread has to send. */
  private synchronized boolean add(long ticket, Ready ready) {
    early.put(ticket, ready);
    for (var turn = early.remove(next); turn != null; turn = early.remove(next)) {
      leaving.add(turn);
      next++;
    }
    boolean mine = !sending && !leaving.isEmpty();
    sending |= mine;
    return mine;
  }

  private synchronized @Nullable Ready poll() {
    var leaves = leaving.poll();
    sending = leaves != null;
    return leaves;
  }

  private static void send(Ready ready) {
    try {
      ready.outcome().home().execute(ready.tell());
    } catch (RejectedExecutionException _) {
      ready.tell().run();
    }
  }

  /** Comes home through the line. */
  private final class InLine implements Outcome {
    private final Outcome outcome;
    private final long ticket;

    InLine(Outcome outcome, long ticket) {
      this.outcome = outcome;
      this.ticket = ticket;
    }

    @Override
    public Executor home() {
      return Runnable::run;
    }

    @Override
    public void completed(BatchResult result) {
      ready(ticket, new Ready(outcome, () -> outcome.completed(result)));
    }

    @Override
    public void failed(InferenceFailure failure) {
      ready(ticket, new Ready(outcome, () -> outcome.failed(failure)));
    }

    @Override
    public boolean cancelled() {
      return outcome.cancelled();
    }
  }
}
