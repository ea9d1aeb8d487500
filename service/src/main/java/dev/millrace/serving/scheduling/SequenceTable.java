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
import java.util.SequencedSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which sequences there are, which of them have one of the slots, and who waits for one, in the
 * order in which they came. Guarded by the lock of its {@link SequenceScheduler}.
 */
final class SequenceTable {
  private final long idleNanos;

  /** Those that take more requests. */
  private final Map<SequenceTag.Id, Sequence> open = new LinkedHashMap<>();

  /** Also those that take no more requests. */
  private final SequencedSet<Sequence> withSlot = new LinkedHashSet<>();

  private final Queue<Sequence> backlog = new ArrayDeque<>();
  private final Queue<Step> ready = new ArrayDeque<>();
  private int freeSlots;
  private int waiting;

  /** A request whose turn it is. */
  record Step(Sequence sequence, Waiting waiting) {}

  SequenceTable(int slots, long idleNanos) {
    freeSlots = slots;
    this.idleNanos = idleNanos;
  }

  /** Requests that have not run. */
  int waiting() {
    return waiting;
  }

  boolean knows(SequenceTag.Id id) {
    return open.containsKey(id);
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
    waiting++;
    if (request.tag().end()) {
      open.remove(sequence.id());
    }
    if (!sequence.hasSlot() && sequence.waiting() == 1) {
      backlog.add(sequence);
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
    settle(sequence);
  }

  /** Gives its slot back where it is over, hands out slots, and lets it go on. */
  private void settle(Sequence sequence) {
    if (sequence.isOver() && withSlot.remove(sequence)) {
      freeSlots++;
    }
    handOutSlots();
    makeReady(sequence);
  }

  private void handOutSlots() {
    while (freeSlots > 0 && !backlog.isEmpty()) {
      var next = backlog.remove();
      if (next.waiting() > 0) {
        freeSlots--;
        next.takeSlot();
        withSlot.add(next);
        makeReady(next);
      }
    }
  }

  private void makeReady(Sequence sequence) {
    var next = sequence.next();
    if (next != null) {
      waiting--;
      ready.add(new Step(sequence, next));
    }
  }

  /** The next request whose turn it is; null where there is none. */
  @Nullable Step poll() {
    return ready.poll();
  }

  /** Ends sequences that were idle for too long; returns when the next one will be. */
  long expire(long nowNanos) {
    long next = Long.MAX_VALUE;
    for (var sequence : List.copyOf(withSlot)) {
      if (!sequence.isIdle()) {
        continue;
      }
      long at = sequence.lastUseNanos() + idleNanos;
      if (at - nowNanos <= 0) {
        open.remove(sequence.id(), sequence);
        sequence.complete();
        settle(sequence);
      } else {
        next = Math.min(next, at);
      }
    }
    return next;
  }

  /** Takes out what waited beyond its deadline; returns the next deadline of those that wait. */
  long late(long nowNanos, Consumer<Waiting> refused) {
    long next = Long.MAX_VALUE;
    for (var sequence : List.copyOf(withSlot)) {
      takeLate(sequence, nowNanos, refused);
      next = Math.min(next, sequence.nextDeadlineNanos());
      settle(sequence);
    }
    for (var sequence : List.copyOf(backlog)) {
      takeLate(sequence, nowNanos, refused);
      next = Math.min(next, sequence.nextDeadlineNanos());
      if (sequence.waiting() == 0) {
        backlog.remove(sequence);
        open.remove(sequence.id(), sequence);
      }
    }
    return next;
  }

  private void takeLate(Sequence sequence, long nowNanos, Consumer<Waiting> refused) {
    var late = sequence.late(nowNanos);
    waiting -= late.size();
    late.forEach(refused);
  }

  /** Ends a sequence whose run is under way; takes out what waits in it. */
  List<Waiting> abandon(Sequence sequence) {
    open.remove(sequence.id(), sequence);
    var rest = sequence.drain();
    waiting -= rest.size();
    return rest;
  }

  /** Takes out all that wait. */
  List<Waiting> drain() {
    var all = new ArrayList<Waiting>();
    backlog.forEach(sequence -> all.addAll(sequence.drain()));
    withSlot.forEach(sequence -> all.addAll(sequence.drain()));
    backlog.clear();
    open.clear();
    waiting = 0;
    return all;
  }
}
