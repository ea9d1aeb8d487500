package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.scheduling.Sequence.Waiting;
import dev.millrace.serving.scheduling.SequenceTable.Step;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.time.NanoClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the requests of each sequence one after the other, with what the model remembers of those
 * before, and requests of different sequences together. As many sequences as there are slots take
 * part at a time; the others wait, in their order, until one ends or was idle for too long.
 *
 * <p>The model itself keeps nothing between runs: its state is an input and an output. So any copy
 * may run any request, and a batch may hold any sequences.
 */
public final class SequenceScheduler implements RequestScheduler {
  private static final Logger log = LoggerFactory.getLogger(SequenceScheduler.class);

  private final RequestScheduler workers;
  private final SequencePlan plan;
  private final ModelMeters meters;
  private final NanoClock clock;
  private final int mostWaiting;
  private final Refusals refusals;
  private final ExpiryTimer timer;
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock. */
  private final SequenceTable table;

  /** Guarded by the lock. */
  private boolean closed;

  /** How often somebody asked for steps to be run since the one who runs them began. */
  private final AtomicInteger asked = new AtomicInteger();

  /**
   * Takes over the workers.
   *
   * @param mostWaiting requests that may wait for their turn
   */
  public SequenceScheduler(
      RequestScheduler workers,
      SequencePlan plan,
      ModelMeters meters,
      NanoClock clock,
      int mostWaiting) {
    this.workers = workers;
    this.plan = plan;
    this.meters = meters;
    this.clock = clock;
    this.mostWaiting = mostWaiting;
    refusals = new Refusals(meters.model());
    table = new SequenceTable(plan.slots(), plan.idleLimit().toNanos());
    timer = new ExpiryTimer("sequences-" + meters.model(), this::sweep, clock);
  }

  /**
   * Nobody stands in line before its turn: what waits for a slot would hold up the answers of those
   * sequences whose end it waits for.
   */
  @Override
  public Outcome inLine(Outcome outcome) {
    return outcome;
  }

  @Override
  public void submit(ScheduledRequest request) {
    var tag = request.sequence();
    var objection = tag == null ? refusals.noSequence() : entered(request, tag);
    if (objection != null) {
      fail(request, objection);
    } else if (request.deadlineNanos() != Long.MAX_VALUE) {
      timer.watch(request.deadlineNanos());
    }
    runSteps();
  }

  /** Null where the request is in its sequence now. */
  private @Nullable InferenceFailure entered(ScheduledRequest request, SequenceTag tag) {
    if (request.rows() != 1) {
      return refusals.rowsInSequence();
    }
    lock.lock();
    try {
      long now = clock.nanos();
      table.expire(now);
      var objection = objection(tag);
      if (objection == null) {
        table.add(new Waiting(request, tag, now), plan.initial());
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
    return table.waiting() < mostWaiting ? null : refusals.queueFull(table.waiting(), mostWaiting);
  }

  /**
   * Runs all whose turn it is. One thread at a time does, for all who ask meanwhile: what fails at
   * once makes way for the next, and would otherwise do so from within itself.
   */
  private void runSteps() {
    if (asked.getAndIncrement() > 0) {
      return;
    }
    int seen = 1;
    do {
      for (var step = poll(); step != null; step = poll()) {
        run(step);
      }
      seen = asked.addAndGet(-seen);
    } while (seen > 0);
  }

  private @Nullable Step poll() {
    lock.lock();
    try {
      return table.poll();
    } finally {
      lock.unlock();
    }
  }

  private void run(Step step) {
    var request = step.waiting().request();
    var wanted = plan.wanted(request);
    var outcome = new Advance(step, wanted.size(), plan.computed(wanted));
    try {
      var sequence = step.sequence();
      var inputs = plan.inputs(request, sequence.told(step.waiting().tag()), sequence.state());
      workers.submit(
          new ScheduledRequest(
              inputs,
              request.rows(),
              outcome.computed,
              request.deadlineNanos(),
              request.priority(),
              workers.inLine(outcome)));
    } catch (InferenceException e) {
      fail(request, e.failure());
      over(step);
    } catch (RuntimeException | Error e) {
      log.error("A request of a sequence could not be queued", e);
      fail(request, refusals.broken());
      over(step);
    }
  }

  /** The next of its sequence, or of another one, may run. */
  private void over(Step step) {
    lock.lock();
    try {
      table.ran(step.sequence(), clock.nanos());
    } finally {
      lock.unlock();
    }
    timer.watch(clock.nanos() + plan.idleLimit().toNanos());
    runSteps();
  }

  private void abandon(Sequence sequence) {
    List<Waiting> rest;
    lock.lock();
    try {
      rest = table.abandon(sequence);
    } finally {
      lock.unlock();
    }
    rest.forEach(waiting -> fail(waiting.request(), refusals.broken()));
  }

  /** Ends idle sequences, and tells those whose time is over; returns when to look again. */
  private long sweep(long nowNanos) {
    var late = new ArrayList<Waiting>();
    long next;
    lock.lock();
    try {
      next = Math.min(table.expire(nowNanos), table.late(nowNanos, late::add));
    } finally {
      lock.unlock();
    }
    for (var waiting : late) {
      fail(waiting.request(), refusals.expired(nowNanos - waiting.sinceNanos()));
    }
    runSteps();
    return next;
  }

  private void fail(ScheduledRequest request, InferenceFailure failure) {
    var reason =
        failure instanceof InferenceFailure.Invalid ? FailureReason.OTHER : FailureReason.REJECTED;
    var handover = new Handover(meters);
    handover.failed(request, failure, reason);
    handover.send();
  }

  @Override
  public CompletionStage<Void> lost() {
    return workers.lost();
  }

  @Override
  public void close() {
    List<Waiting> rest;
    lock.lock();
    try {
      closed = true;
      rest = table.drain();
    } finally {
      lock.unlock();
    }
    timer.close();
    rest.forEach(waiting -> fail(waiting.request(), refusals.closed()));
    workers.close();
  }

  /** Keeps the state of a run for the next one, and passes the rest of its answer on. */
  private final class Advance implements Outcome {
    private final Step step;
    private final int wanted;
    private final List<Integer> computed;
    private final Outcome client;

    Advance(Step step, int wanted, List<Integer> computed) {
      this.step = step;
      this.wanted = wanted;
      this.computed = computed;
      client = step.waiting().request().outcome();
    }

    @Override
    public Executor home() {
      return client.home();
    }

    @Override
    public boolean cancelled() {
      return client.cancelled();
    }

    @Override
    public void completed(BatchResult result) {
      keep(result);
      over(step);
      client.completed(new Visible(result, wanted));
    }

    /** A sequence whose state got lost must not go on with an older one. */
    private void keep(BatchResult result) {
      try {
        step.sequence().advance(states(result.outputs()));
      } catch (RuntimeException | Error e) {
        log.error("The state of a sequence got lost: sequence={}", step.sequence().id(), e);
        abandon(step.sequence());
      }
    }

    private List<Tensor> states(List<Tensor> outputs) {
      var states = new ArrayList<Tensor>(plan.states().size());
      for (var state : plan.states()) {
        states.add(outputs.get(computed.indexOf(state.output())));
      }
      return states;
    }

    @Override
    public void failed(InferenceFailure failure) {
      over(step);
      client.failed(failure);
    }
  }

  /** What the client wanted of a result. */
  private record Visible(BatchResult result, int wanted) implements BatchResult {
    @Override
    public List<Tensor> outputs() {
      return result.outputs().subList(0, wanted);
    }

    @Override
    public BatchTimings timings() {
      return result.timings();
    }

    @Override
    public void close() {
      result.close();
    }
  }
}
