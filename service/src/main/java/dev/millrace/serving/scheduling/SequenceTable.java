package dev.millrace.serving.scheduling;

import dev.millrace.serving.scheduling.Sequence.Waiting;
import dev.millrace.serving.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which sequences there are, which of them have one of the slots, and who waits for one, in the
 * order in which they came. Guarded by the lock of its {@link SequenceScheduler}.
 */
final class SequenceTable {
  private final long idleNanos;
  private final int mostWaiting;
  private final StateMemory memory;

  /** Told of what leaves without a run, because nobody waits for it any more. */
  private final Consumer<Waiting> forgotten;

  /** Those that take more requests. */
  private final Map<SequenceTag.Id, Sequence> open = new LinkedHashMap<>();

  /** Also those that take no more requests; in the order in which they were used last. */
  private final Set<Sequence> withSlot = new LinkedHashSet<>();

  private final Queue<Sequence> backlog = new ArrayDeque<>();
  private final Queue<Step> ready = new ArrayDeque<>();
  private int freeSlots;
  private int waitingInBacklog;
  private int waitingInSlots;

  /** A request whose turn it is. */
  record Step(Sequence sequence, Waiting waiting) {}

  /**
   * An empty one.
   *
   * @param mostWaiting requests that may wait for a slot, and as many for the run before them
   * @param forgotten called under the lock
   */
  SequenceTable(
      int slots, long idleNanos, int mostWaiting, StateMemory memory, Consumer<Waiting> forgotten) {
    freeSlots = slots;
    this.idleNanos = idleNanos;
    this.mostWaiting = mostWaiting;
    this.memory = memory;
    this.forgotten = forgotten;
  }

  /** Requests that have not run. */
  int waiting() {
    return waitingInBacklog + waitingInSlots;
  }

  boolean knows(SequenceTag.Id id) {
    return open.containsKey(id);
  }

  /** Whether more requests may follow those that there are. */
  boolean hasOpen() {
    return !open.isEmpty();
  }

  /**
   * Whether a request has to be refused. One that runs at once never has to: whoever has a slot
   * must be able to end its sequence, or those who wait for the slot would wait for ever.
   */
  boolean isFull(SequenceTag tag) {
    var sequence = tag.start() ? null : open.get(tag.id());
    if (sequence != null && sequence.hasSlot()) {
      return !sequence.isIdle() && waitingInSlots >= mostWaiting;
    }
    boolean runsAtOnce = sequence == null && freeSlots > 0 && backlog.isEmpty();
    if (runsAtOnce || waitingInBacklog < mostWaiting) {
      return false;
    }
    takeOutOfBacklog(SequenceTable::isForgotten, forgotten);
    return waitingInBacklog >= mostWaiting;
  }

  /**
   * One more request. A start under a name that is in use ends the sequence of before, whose
   * requests still run.
   *
   * @param initial the state of a sequence that begins
   */
  void add(Waiting request, List<Tensor> initial) {
    var sequence = request.tag().start() ? begin(request.tag().id(), initial) : get(request);
    sequence.add(request);
    if (request.tag().end()) {
      open.remove(sequence.id());
    }
    if (sequence.hasSlot()) {
      waitingInSlots++;
    } else {
      waitingInBacklog++;
      if (sequence.waiting() == 1) {
        backlog.add(sequence);
      }
    }
    settle(sequence);
  }

  private Sequence get(Waiting request) {
    var known = open.get(request.tag().id());
    if (known == null) {
      throw new IllegalArgumentException("There is no sequence " + request.tag().id());
    }
    return known;
  }

  private Sequence begin(SequenceTag.Id id, List<Tensor> initial) {
    var sequence = new Sequence(id, initial);
    var before = open.put(id, sequence);
    if (before != null) {
      before.complete();
      settle(before);
    }
    return sequence;
  }

  /** A run is over. */
  void ran(Sequence sequence, long nowNanos) {
    sequence.ran(nowNanos);
    if (withSlot.remove(sequence)) {
      withSlot.add(sequence);
    }
    settle(sequence);
  }

  /** Gives its slot back where it is over, hands out slots, and lets it go on. */
  private void settle(Sequence sequence) {
    makeReady(sequence);
    if (sequence.hasSlot() && sequence.isOver() && withSlot.remove(sequence)) {
      sequence.complete();
      open.remove(sequence.id(), sequence);
      memory.release(sequence.stateBytes());
      freeSlots++;
    }
    handOutSlots();
  }

  private void handOutSlots() {
    while (freeSlots > 0 && !backlog.isEmpty()) {
      var next = backlog.remove();
      waitingInBacklog -= next.takeOut(SequenceTable::isForgotten, forgotten);
      if (next.waiting() == 0) {
        open.remove(next.id(), next);
      } else {
        freeSlots--;
        waitingInBacklog -= next.waiting();
        waitingInSlots += next.waiting();
        next.takeSlot();
        withSlot.add(next);
        makeReady(next);
      }
    }
  }

  private void makeReady(Sequence sequence) {
    var next = sequence.next();
    if (next != null) {
      waitingInSlots--;
      ready.add(new Step(sequence, next));
    }
  }

  /** The next request whose turn it is; null where there is none. */
  @Nullable Step poll() {
    return ready.poll();
  }

  /** Ends sequences that were idle for too long; returns when the next one will be. */
  long expire(long nowNanos) {
    for (var oldest = oldestIdle(); oldest != null; oldest = oldestIdle()) {
      long at = oldest.lastUseNanos() + idleNanos;
      if (at - nowNanos > 0) {
        return at;
      }
      end(oldest);
    }
    return Long.MAX_VALUE;
  }

  private @Nullable Sequence oldestIdle() {
    for (var sequence : withSlot) {
      if (sequence.isIdle()) {
        return sequence;
      }
    }
    return null;
  }

  private void end(Sequence sequence) {
    open.remove(sequence.id(), sequence);
    sequence.complete();
    settle(sequence);
  }

  /** Takes out what waited beyond its deadline; returns the next deadline of those that wait. */
  long late(long nowNanos, Consumer<Waiting> refused) {
    Predicate<Waiting> late = one -> isLate(one.request().deadlineNanos(), nowNanos);
    long next = Long.MAX_VALUE;
    for (var sequence : List.copyOf(withSlot)) {
      waitingInSlots -= sequence.takeOut(late, refused);
      next = Math.min(next, sequence.nextDeadlineNanos());
      settle(sequence);
    }
    takeOutOfBacklog(late, refused);
    for (var sequence : backlog) {
      next = Math.min(next, sequence.nextDeadlineNanos());
    }
    return next;
  }

  private static boolean isForgotten(Waiting one) {
    return one.request().outcome().cancelled();
  }

  private static boolean isLate(long deadlineNanos, long nowNanos) {
    return deadlineNanos != Long.MAX_VALUE && deadlineNanos - nowNanos <= 0;
  }

  private void takeOutOfBacklog(Predicate<Waiting> kind, Consumer<Waiting> taken) {
    backlog.removeIf(
        sequence -> {
          waitingInBacklog -= sequence.takeOut(kind, taken);
          boolean leaves = sequence.waiting() == 0;
          if (leaves) {
            open.remove(sequence.id(), sequence);
          }
          return leaves;
        });
  }

  /** Ends a sequence whose run is under way; takes out what waits in it. */
  List<Waiting> abandon(Sequence sequence) {
    open.remove(sequence.id(), sequence);
    sequence.complete();
    var rest = new ArrayList<Waiting>();
    waitingInSlots -= sequence.takeOut(_ -> true, rest::add);
    return rest;
  }

  /** Takes out all who wait for a slot, and ends all sequences once what waits in them has run. */
  List<Waiting> retire() {
    var rest = new ArrayList<Waiting>();
    takeOutOfBacklog(_ -> true, rest::add);
    for (var sequence : List.copyOf(withSlot)) {
      end(sequence);
    }
    return rest;
  }

  /** Takes out all that wait. */
  List<Waiting> drain() {
    var rest = retire();
    for (var sequence : withSlot) {
      waitingInSlots -= sequence.takeOut(_ -> true, rest::add);
    }
    return rest;
  }
}
