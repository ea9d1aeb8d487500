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

  /** Of the memory outside of the heap, which is as large as the heap; the rest is for requests. */
  private static final int SHARE_FOR_STATES = 4;

  private final RequestScheduler workers;
  private final SequencePlan plan;
  private final ModelMeters meters;
  private final NanoClock clock;
  private final Refusals refusals;
  private final ExpiryTimer timer;
  private final Sequences sequences;
  private final List<Integer> allOutputs;
  private final StateMemory memory = new StateMemory(mostStateBytes());

  /** How often somebody asked for steps to be run since the one who runs them began. */
  private final AtomicInteger asked = new AtomicInteger();

  /**
   * Takes over the workers.
   *
   * @param mostWaiting requests that may wait for a slot, and as many for the run before them
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
    refusals = new Refusals(meters.model());
    allOutputs = plan.allOutputs();
    sequences = new Sequences(plan, mostWaiting, memory, refusals);
    timer = new ExpiryTimer("sequences-" + meters.model(), this::sweep, clock);
  }

  /** What the states of the sequences of one model may take together. */
  public static long mostStateBytes() {
    return Runtime.getRuntime().maxMemory() / SHARE_FOR_STATES;
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
    // Counted before it may run, and so be counted down.
    meters.queued();
    var objection =
        tag == null ? refusals.noSequence() : sequences.enter(request, tag, clock.nanos());
    if (objection != null) {
      meters.dequeued();
      fail(request, objection);
    } else if (request.deadlineNanos() != Long.MAX_VALUE) {
      watch(request.deadlineNanos());
    }
    runSteps();
  }

  /** Whatever breaks here, the request is in its sequence: others must still have their turn. */
  private void watch(long atNanos) {
    try {
      timer.watch(atNanos);
    } catch (RuntimeException | Error e) {
      log.error("The timer of sequences could not be told", e);
    }
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
      for (var step = sequences.poll(); step != null; step = sequences.poll()) {
        run(step);
      }
      leave(sequences.takeForgotten(), refusals.cancelled());
      seen = asked.addAndGet(-seen);
    } while (seen > 0);
  }

  private void run(Step step) {
    meters.dequeued();
    var request = step.waiting().request();
    var wanted = request.outputIndexes().isEmpty() ? allOutputs : request.outputIndexes();
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
    long now = clock.nanos();
    sequences.ran(step.sequence(), now);
    watch(now + plan.idleLimit().toNanos());
    runSteps();
  }

  /** Ends idle sequences, and tells those whose time is over; returns when to look again. */
  private long sweep(long nowNanos) {
    var late = new ArrayList<Waiting>();
    long next = sequences.sweep(nowNanos, late::add);
    for (var waiting : late) {
      leave(List.of(waiting), refusals.expired(nowNanos - waiting.sinceNanos()));
    }
    runSteps();
    return next;
  }

  /** Tells those who leave without a run. */
  private void leave(List<Waiting> gone, InferenceFailure failure) {
    for (var waiting : gone) {
      meters.dequeued();
      fail(waiting.request(), failure);
    }
  }

  private void fail(ScheduledRequest request, InferenceFailure failure) {
    var reason =
        switch (failure) {
          case InferenceFailure.Invalid _ -> FailureReason.OTHER;
          case InferenceFailure.Cancelled _ -> FailureReason.CANCELED;
          default -> FailureReason.REJECTED;
        };
    var handover = new Handover(meters);
    handover.failed(request, failure, reason);
    handover.send();
  }

  @Override
  public CompletionStage<Void> lost() {
    return workers.lost();
  }

  @Override
  public boolean isExpected() {
    return sequences.hasOpen();
  }

  /** The requests that would end the sequences go to the next version. */
  @Override
  public void retire() {
    leave(sequences.retire(), refusals.closed());
    runSteps();
  }

  @Override
  public void close() {
    leave(sequences.drain(), refusals.closed());
    timer.close();
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
      if (keeps(result)) {
        over(step);
        client.completed(new FirstOutputs(result, wanted));
      } else {
        leave(sequences.abandon(step.sequence()), refusals.stateLost());
        over(step);
        result.close();
        client.failed(refusals.stateLost());
      }
    }

    /** A sequence whose state got lost must not go on with an older one. */
    private boolean keeps(BatchResult result) {
      try {
        return step.sequence().advance(states(result.outputs()), memory);
      } catch (RuntimeException | Error e) {
        log.error("The state of a sequence got lost: sequence={}", step.sequence().id(), e);
        return false;
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
}
