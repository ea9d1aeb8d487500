package dev.millrace.serving.scheduling;

import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One sequence: its requests run one after the other, each with the state that the one before left.
 * Guarded by the lock of its {@link SequenceScheduler}; the state belongs to the run under way.
 */
final class Sequence {
  private final SequenceTag.Id id;
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private List<Tensor> state;
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

  /** Whether all that ever came has run, and nothing more will come. */
  boolean isOver() {
    return complete && isIdle();
  }

  /** Whether nothing waits and nothing runs. */
  boolean isIdle() {
    return !running && waiting.isEmpty();
  }

  long lastUseNanos() {
    return lastUseNanos;
  }

  /** Takes out those that waited for too long. */
  List<Waiting> late(long nowNanos) {
    var late = new ArrayList<Waiting>();
    for (Iterator<Waiting> all = waiting.iterator(); all.hasNext(); ) {
      var one = all.next();
      long deadline = one.request().deadlineNanos();
      if (deadline != Long.MAX_VALUE && deadline - nowNanos <= 0) {
        all.remove();
        late.add(one);
      }
    }
    return late;
  }

  /** The earliest deadline of those that wait; {@link Long#MAX_VALUE} where none has one. */
  long nextDeadlineNanos() {
    long next = Long.MAX_VALUE;
    for (var one : waiting) {
      next = Math.min(next, one.request().deadlineNanos());
    }
    return next;
  }

  /** Takes out all. */
  List<Waiting> drain() {
    var all = List.copyOf(waiting);
    waiting.clear();
    complete = true;
    return all;
  }

  int waiting() {
    return waiting.size();
  }

  List<Tensor> state() {
    return state;
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
   */
  void advance(List<Tensor> outputs) {
    var next = new ArrayList<Tensor>(outputs.size());
    for (int i = 0; i < outputs.size(); i++) {
      next.add(copy(outputs.get(i), state.get(i).name()));
    }
    state = next;
    started = true;
  }

  private static Tensor copy(Tensor output, String name) {
    var data = ByteBuffer.allocateDirect(output.data().remaining());
    data.put(output.data().duplicate()).flip();
    return new Tensor(name, output.type(), output.shape(), data.order(ByteOrder.LITTLE_ENDIAN));
  }
}
