package dev.millrace.serving.scheduling;

import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One sequence: its requests run one after the other, each with the state that the one before left.
 * Guarded by the lock of its {@link SequenceScheduler}; the state belongs to the run under way.
 */
final class Sequence {
  private final SequenceTag.Id id;
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private List<Tensor> state;

  /** Of the state before the last, to be written over; the first state is that of all sequences. */
  private List<ByteBuffer> spare = List.of();

  private long stateBytes;
  private boolean started;
  private boolean running;
  private boolean hasSlot;
  private boolean complete;
  private long lastUseNanos;

  /** A request that has not run, and since when. */
  record Waiting(ScheduledRequest request, SequenceTag tag, long sinceNanos) {}

  Sequence(SequenceTag.Id id, List<Tensor> initial) {
    this.id = id;
    state = initial;
  }

  SequenceTag.Id id() {
    return id;
  }

  void add(Waiting request) {
    waiting.add(request);
    complete |= request.tag().end();
    lastUseNanos = request.sinceNanos();
  }

  /** No request comes any more. */
  void complete() {
    complete = true;
  }

  void takeSlot() {
    hasSlot = true;
  }

  boolean hasSlot() {
    return hasSlot;
  }

  /** The next request to run; null where one runs, none waits, or there is no slot. */
  @Nullable Waiting next() {
    if (running || !hasSlot || waiting.isEmpty()) {
      return null;
    }
    running = true;
    return waiting.remove();
  }

  /** The run under way is over. */
  void ran(long nowNanos) {
    running = false;
    lastUseNanos = nowNanos;
  }

  /**
   * Whether nothing is under way, and nothing more will come; what never ran is not waited for, for
   * its client knows that it failed.
   */
  boolean isOver() {
    return isIdle() && (complete || !started);
  }

  /** Whether nothing waits and nothing runs. */
  boolean isIdle() {
    return !running && waiting.isEmpty();
  }

  long lastUseNanos() {
    return lastUseNanos;
  }

  /** Takes out those of this kind; returns how many. */
  int takeOut(Predicate<Waiting> kind, Consumer<Waiting> taken) {
    int before = waiting.size();
    waiting.removeIf(
        one -> {
          boolean leaves = kind.test(one);
          if (leaves) {
            taken.accept(one);
          }
          return leaves;
        });
    return before - waiting.size();
  }

  /** The earliest deadline of those that wait; {@link Long#MAX_VALUE} where none has one. */
  long nextDeadlineNanos() {
    long next = Long.MAX_VALUE;
    for (var one : waiting) {
      next = Math.min(next, one.request().deadlineNanos());
    }
    return next;
  }

  int waiting() {
    return waiting.size();
  }

  List<Tensor> state() {
    return state;
  }

  /** What its states take. */
  long stateBytes() {
    return stateBytes;
  }

  /**
   * What the model is told of a request: that the sequence starts until one has run, for the
   * request that was to start it may have failed.
   */
  SequenceTag told(SequenceTag tag) {
    return new SequenceTag(tag.id(), !started, tag.end());
  }

  /**
   * The state after a run.
   *
   * @param outputs those of the states, in their order; copied
   * @return false where there is no memory for it, and the state is as before
   */
  boolean advance(List<Tensor> outputs, StateMemory memory) {
    var targets = targets(outputs, memory);
    if (targets == null) {
      return false;
    }
    var next = new ArrayList<Tensor>(outputs.size());
    for (int i = 0; i < outputs.size(); i++) {
      next.add(copy(outputs.get(i), state.get(i).name(), targets.get(i)));
    }
    spare = started ? state.stream().map(Tensor::data).toList() : List.of();
    state = next;
    started = true;
    return true;
  }

  /** Where the state goes: what is there already, where that is large enough. */
  private @Nullable List<ByteBuffer> targets(List<Tensor> outputs, StateMemory memory) {
    var targets = new ArrayList<ByteBuffer>(outputs.size());
    for (int i = 0; i < outputs.size(); i++) {
      int bytes = outputs.get(i).data().remaining();
      var before = i < spare.size() ? spare.get(i) : null;
      if (before != null && before.capacity() >= bytes) {
        targets.add(before);
        continue;
      }
      if (!memory.reserve(bytes)) {
        return null;
      }
      stateBytes += bytes;
      targets.add(ByteBuffer.allocateDirect(bytes));
      if (before != null) {
        memory.release(before.capacity());
        stateBytes -= before.capacity();
      }
    }
    return targets;
  }

  private static Tensor copy(Tensor output, String name, ByteBuffer target) {
    target.clear().put(output.data().duplicate()).flip();
    return new Tensor(name, output.type(), output.shape(), target.order(ByteOrder.LITTLE_ENDIAN));
  }
}
