package dev.millrace.serving.scheduling;

import static java.util.Objects.requireNonNull;

import dev.millrace.serving.failure.InferenceFailure;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request of an ensemble, from its first step to its answer.
 *
 * <p>Each step is asked as soon as its inputs are there. Outcomes arrive on any thread and may
 * arrive before {@link StepModels#ask} returns; whoever brings one goes on with the request, and
 * those who come meanwhile leave theirs to him. So no thread waits, and the stack of a long chain
 * stays flat.
 *
 * <p>After a failure no step is asked any more, and what was asked ends as if cancelled. The client
 * hears of it at once, unless a step still reads memory of his request, which he may reuse then.
 */
final class EnsembleRun {
  private static final Logger log = LoggerFactory.getLogger(EnsembleRun.class);

  private final EnsembleScheduler ensemble;
  private final EnsemblePlan plan;
  private final ScheduledRequest request;
  private final Nesting nesting;
  private final EnsembleTensors tensors;
  private final EnsembleTimes times;

  /** Outcomes that nobody has taken yet. */
  private final Queue<Arrival> arrivals = new ConcurrentLinkedQueue<>();

  /** How often somebody asked to go on since the one who does began. */
  private final AtomicInteger asked = new AtomicInteger();

  /** Whether steps need not be answered any more. */
  private volatile boolean over;

  /** Steps whose inputs are there. This and all below is touched by the one who goes on. */
  private final Queue<Integer> ready = new ArrayDeque<>();

  /** What the client will hear of; null while all goes well. */
  private @Nullable InferenceFailure why;

  private int stepsLeft;
  private boolean told;

  /** What became of a step. */
  private sealed interface Arrival {
    record Answer(int step, BatchResult result) implements Arrival {}

    record NoAnswer(int step, InferenceFailure failure) implements Arrival {}
  }

  EnsembleRun(EnsembleScheduler ensemble, ScheduledRequest request, Nesting nesting) {
    this.ensemble = ensemble;
    this.request = request;
    this.nesting = nesting;
    plan = ensemble.plan();
    stepsLeft = plan.steps().size();
    times = new EnsembleTimes(ensemble.clock(), request.rows());
    tensors = new EnsembleTensors(ensemble, request);
  }

  void start() {
    tensors.begin(request.inputs(), ready::add);
    goOn();
  }

  private void goOn() {
    if (asked.getAndIncrement() > 0) {
      return;
    }
    int seen = 1;
    do {
      work();
      seen = asked.addAndGet(-seen);
    } while (seen > 0);
  }

  /** What breaks here must neither leave the client without an outcome nor stop the others. */
  private void work() {
    try {
      for (var arrival = arrivals.poll(); arrival != null; arrival = arrivals.poll()) {
        take(arrival);
      }
      while (!ready.isEmpty() && !over) {
        ask(ready.remove());
      }
    } catch (RuntimeException | Error e) {
      log.error("A request of an ensemble broke: ensemble={}", plan.model(), e);
      fail(EnsembleFailures.broken(plan.model()));
    }
  }

  private void ask(int number) {
    if (request.outcome().cancelled()) {
      fail(new InferenceFailure.Cancelled("The request was cancelled between its steps."));
      return;
    }
    var step = plan.steps().get(number);
    try {
      var asking =
          new StepRequest(
              step.model(),
              step.version(),
              tensors.inputs(number),
              step.outputs(),
              request.deadlineNanos(),
              request.priority(),
              request.sequence(),
              request.cacheUse());
      ensemble.models().ask(asking, new StepOutcome(number));
    } catch (RuntimeException | Error e) {
      log.error("A step could not be asked: ensemble={} step={}", plan.model(), step.model(), e);
      arrivals.add(new Arrival.NoAnswer(number, EnsembleFailures.broken(plan.model())));
      asked.incrementAndGet();
    }
  }

  private void take(Arrival arrival) {
    stepsLeft--;
    switch (arrival) {
      case Arrival.Answer(var step, var result) when over -> {
        result.close();
        tensors.ended(step);
      }
      case Arrival.Answer(var step, var result) -> {
        accept(step, result);
        tensors.ended(step);
      }
      case Arrival.NoAnswer(var step, var failure) -> {
        tensors.ended(step);
        fail(EnsembleFailures.ofStep(plan.model(), plan.steps().get(step).model(), failure));
      }
    }
    settle();
  }

  private void accept(int step, BatchResult result) {
    times.add(result.timings());
    if (result.outputs().size() == plan.steps().get(step).makes().size()) {
      tensors.made(step, result, ready::add);
    } else {
      result.close();
      fail(EnsembleFailures.broken(plan.model()));
    }
  }

  /** The first failure is the one that the client hears of. */
  private void fail(InferenceFailure failure) {
    if (!over && !told) {
      over = true;
      why = failure;
      tensors.abandon();
      settle();
    }
  }

  private void settle() {
    if (told) {
      return;
    }
    if (over) {
      if (!tensors.readsRequest()) {
        told = true;
        tell(requireNonNull(why));
      }
    } else if (stepsLeft == 0) {
      finish();
    }
  }

  private void finish() {
    var outputs = tensors.outputs();
    var misfit = EnsembleFailures.misfit(plan, tensors.wanted(), outputs);
    if (misfit == null) {
      told = true;
      var result = new EnsembleResult(outputs, times.timings(), tensors.handOver());
      var handover = new Handover(ensemble.meters());
      times.ran(ensemble.meters());
      handover.answered(request, result, times.durations());
      handover.send();
    } else {
      fail(misfit);
    }
  }

  private void tell(InferenceFailure failure) {
    var handover = new Handover(ensemble.meters());
    handover.failed(request, failure, EnsembleFailures.reason(failure), times.startedNanos());
    handover.send();
  }

  private final class StepOutcome implements Outcome {
    private final int step;

    StepOutcome(int step) {
      this.step = step;
    }

    /** The client's, so that nothing changes threads between steps that need not. */
    @Override
    public Executor home() {
      return request.outcome().home();
    }

    @Override
    public Nesting nesting() {
      return nesting;
    }

    @Override
    public boolean cancelled() {
      return over || request.outcome().cancelled();
    }

    @Override
    public void completed(BatchResult result) {
      arrivals.add(new Arrival.Answer(step, result));
      goOn();
    }

    @Override
    public void failed(InferenceFailure failure) {
      arrivals.add(new Arrival.NoAnswer(step, failure));
      goOn();
    }
  }
}
