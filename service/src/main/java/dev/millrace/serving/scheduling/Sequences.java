package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.scheduling.Sequence.Waiting;
import dev.millrace.serving.scheduling.SequenceTable.Step;
import dev.millrace.serving.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The sequences of one model behind a lock. Calls nobody; whoever leaves is told by the caller. */
final class Sequences {
  private final List<Tensor> initial;
  private final Refusals refusals;
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock, as all below. */
  private final SequenceTable table;

  private final List<Waiting> forgotten = new ArrayList<>();
  private boolean closed;

  Sequences(SequencePlan plan, int mostWaiting, StateMemory memory, Refusals refusals) {
    this.refusals = refusals;
    initial = plan.initial();
    table =
        new SequenceTable(
            plan.slots(), plan.idleLimit().toNanos(), mostWaiting, memory, forgotten::add);
  }

  /** Null where the request is in its sequence now. */
  @Nullable InferenceFailure enter(ScheduledRequest request, SequenceTag tag, long nowNanos) {
    if (request.rows() != 1) {
      return refusals.rowsInSequence();
    }
    lock.lock();
    try {
      table.expire(nowNanos);
      var objection = objection(tag);
      if (objection == null) {
        table.add(new Waiting(request, tag, nowNanos), initial);
      }
      return objection;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable InferenceFailure objection(SequenceTag tag) {
    if (closed) {
      return refusals.closed();
    }
    if (!tag.start() && !table.knows(tag.id())) {
      return refusals.notStarted(tag.id());
    }
    return table.isFull(tag) ? refusals.sequencesFull(table.waiting()) : null;
  }

  /** The next request whose turn it is; null where there is none. */
  @Nullable Step poll() {
    return locked(table::poll);
  }

  /** Those who left before their turn, because nobody waits for them; each once. */
  List<Waiting> takeForgotten() {
    return locked(
        () -> {
          var gone = List.copyOf(forgotten);
          forgotten.clear();
          return gone;
        });
  }

  /** A run is over. */
  void ran(Sequence sequence, long nowNanos) {
    lock.lock();
    try {
      table.ran(sequence, nowNanos);
    } finally {
      lock.unlock();
    }
  }

  /** Ends a sequence whose run is under way; takes out what waits in it. */
  List<Waiting> abandon(Sequence sequence) {
    return locked(() -> table.abandon(sequence));
  }

  /** Ends what was idle for too long, takes out what is late; returns when to look again. */
  long sweep(long nowNanos, Consumer<Waiting> late) {
    return locked(() -> Math.min(table.expire(nowNanos), table.late(nowNanos, late)));
  }

  boolean hasOpen() {
    return locked(table::hasOpen);
  }

  /** Lets nobody in any more; takes out those who wait for others to come. */
  List<Waiting> retire() {
    return closed(table::retire);
  }

  /** Lets nobody in any more; takes out all who wait. */
  List<Waiting> drain() {
    return closed(table::drain);
  }

  private List<Waiting> closed(Supplier<List<Waiting>> takenOut) {
    return locked(
        () -> {
          closed = true;
          return takenOut.get();
        });
  }

  private <T extends @Nullable Object> T locked(Supplier<T> step) {
    lock.lock();
    try {
      return step.get();
    } finally {
      lock.unlock();
    }
  }
}
