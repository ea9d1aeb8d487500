package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.time.NanoClock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Answers the requests of an ensemble by asking the models of its steps. It has no queue and no
 * threads of its own: each request is an {@link EnsembleRun}, which goes on wherever a step's
 * outcome is told.
 *
 * <p>A step has one answer to a request, so of one request of the ensemble each step has at most
 * one of its own under way. That is what {@code max_inflight_requests} is to bound, at 1 or more:
 * it holds by itself.
 */
public final class EnsembleScheduler implements RequestScheduler {
  /** Ensembles within ensembles; more is a circle that swaps of single models closed. */
  public static final int MOST_DEPTH = 8;

  /**
   * Requests of models that one request may become. All of them may be made by one turn of an event
   * loop, and each has its bookkeeping.
   */
  public static final int MOST_REQUESTS = 1_024;

  private final EnsemblePlan plan;
  private final StepModels models;
  private final ModelMeters meters;
  private final NanoClock clock;
  private final int[][] needs;
  private final int[][] takers;
  private final int[] makers;
  private volatile boolean closed;

  /** Asks these models. */
  public EnsembleScheduler(
      EnsemblePlan plan, StepModels models, ModelMeters meters, NanoClock clock) {
    this.plan = plan;
    this.models = models;
    this.meters = meters;
    this.clock = clock;
    needs = plan.needs();
    takers = plan.takers();
    makers = plan.makers();
  }

  EnsemblePlan plan() {
    return plan;
  }

  StepModels models() {
    return models;
  }

  ModelMeters meters() {
    return meters;
  }

  NanoClock clock() {
    return clock;
  }

  /** The steps that take this tensor. */
  int[] takers(int tensor) {
    return takers[tensor];
  }

  /** The tensors that this step takes, each once. */
  int[] needs(int step) {
    return needs[step];
  }

  /** The step that makes this tensor; -1 where it comes with the request. */
  int maker(int tensor) {
    return makers[tensor];
  }

  @Override
  public int requests() {
    return plan.requests();
  }

  /** Answers leave as they are ready. */
  @Override
  public Outcome inLine(Outcome outcome) {
    return outcome;
  }

  @Override
  public void submit(ScheduledRequest request) {
    var nesting = Nesting.within(request.outcome().nesting());
    if (closed) {
      refuse(request, new Refusals(plan.model()).closed());
    } else if (nesting.depth() > MOST_DEPTH) {
      refuse(request, tooDeep());
    } else if (!nesting.split(plan.steps().size())) {
      refuse(request, tooMany());
    } else {
      new EnsembleRun(this, request, nesting).start();
    }
  }

  private InferenceFailure tooDeep() {
    return new InferenceFailure.Invalid(
        "ensemble '"
            + plan.model()
            + "' is asked within "
            + MOST_DEPTH
            + " other ensembles, so it may depend on itself. Load ensembles that do not.");
  }

  private InferenceFailure tooMany() {
    return new InferenceFailure.Invalid(
        "with ensemble '"
            + plan.model()
            + "' a request becomes more than "
            + MOST_REQUESTS
            + " requests of models: an ensemble was loaded with more steps than it had when others began to ask it. Load it with fewer.");
  }

  private void refuse(ScheduledRequest request, InferenceFailure failure) {
    var handover = new Handover(meters);
    handover.failed(request, failure, FailureReason.of(failure));
    handover.send();
  }

  /** Never: what its models lose, they tell. */
  @Override
  public CompletionStage<Void> lost() {
    return new CompletableFuture<Void>().minimalCompletionStage();
  }

  /** Requests under way end with their steps. */
  @Override
  public void close() {
    closed = true;
  }
}
