package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.telemetry.MeterSnapshot;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ModelSchedulerTest {
  private static final long NONE = Long.MAX_VALUE;

  private final EchoModel model = EchoModel.gated();
  private final ModelMeters meters =
      new ServingMeters(new SimpleMeterRegistry(), NanoClock.SYSTEM).open("echo", "1");
  private final SchedulerSettings settings =
      new SchedulerSettings(4, List.of(), Duration.ZERO, 20, 2, 2, Duration.ofSeconds(10));
  private final ModelScheduler scheduler =
      ModelScheduler.start(
          List.of(model), settings, SchedulerContext.alone(meters, NanoClock.SYSTEM));

  @AfterEach
  void close() {
    model.allow(10_000);
    scheduler.close();
  }

  @Test
  void answersARequest() throws Exception {
    var caller = submit(1, 2);
    model.allow(1);
    assertThat(caller.answer()).containsExactly(1, 2);
  }

  @Test
  void batchesWhatCameWhileARunWasUnderWay() throws Exception {
    occupyWorker();
    var second = submit(2);
    var third = submit(3);
    model.allow(2);
    assertThat(second.answer()).containsExactly(2);
    assertThat(third.answer()).containsExactly(3);
    assertThat(model.runs()).containsExactly(new float[] {0}, new float[] {2, 3});
  }

  @Test
  void keepsRequestsOfOtherShapesForAnotherRun() throws Exception {
    occupyWorker();
    var pair = submit(1, 2);
    var triple = submit(3, 4, 5);
    var otherPair = submit(6, 7);
    model.allow(3);
    assertThat(triple.answer()).containsExactly(3, 4, 5);
    assertThat(pair.answer()).containsExactly(1, 2);
    assertThat(otherPair.answer()).containsExactly(6, 7);
    assertThat(model.runs()).containsExactly(new float[] {0}, new float[] {1, 6}, new float[] {3});
  }

  @Test
  void runsTheHighestPriorityFirst() throws Exception {
    occupyWorker();
    for (int i = 1; i <= 4; i++) {
      submitWith(2, NONE, i);
    }
    submitWith(1, NONE, 9);
    model.allow(3);
    scheduler.close();
    assertThat(model.runs())
        .containsExactly(new float[] {0}, new float[] {9, 1, 2, 3}, new float[] {4});
  }

  @Test
  void splitsARequestLargerThanABatchAndJoinsItsAnswer() throws Exception {
    model.allow(3);
    var caller = new Caller(Runnable::run);
    scheduler.submit(rows(10, caller));
    assertThat(caller.answer()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(model.runs()).extracting(rows -> rows.length).containsExactly(4, 4, 2);
    assertThat(model.held()).isZero();
    assertThat(meters.snapshot().success()).isEqualTo(1);
  }

  @Test
  void refusesAtOnceWhatDoesNotFitIntoTheQueue() throws Exception {
    occupyWorker();
    scheduler.submit(rows(20, Caller.direct()));
    assertThat(scheduler.pendingRows()).isEqualTo(20);
    assertThat(submit(1).failure())
        .isEqualTo(
            new InferenceFailure.Overloaded(
                "The queue of model 'echo' holds 20 of at most 20 rows. Send fewer requests at"
                    + " once, or try again later."));
  }

  @Test
  void refusesWhatNeverFitsIntoTheQueue() throws Exception {
    var caller = Caller.direct();
    scheduler.submit(rows(21, caller));
    assertThat(caller.failure())
        .isEqualTo(
            new InferenceFailure.TooLarge(
                "The request has 21 rows; the queue of model 'echo' takes 20. Send it in pieces."));
  }

  @Test
  void refusesARequestWithoutRows() throws Exception {
    var caller = Caller.direct();
    scheduler.submit(rows(0, caller));
    assertThat(caller.failure())
        .isEqualTo(
            new InferenceFailure.Invalid(
                "The request has 0 rows; model 'echo' expects 1 or more."));
  }

  @Test
  void doesNotComputeWhatIsTooLate() throws Exception {
    occupyWorker();
    var late = submitWith(0, System.nanoTime(), 5);
    model.allow(1);
    assertThat(late.failure())
        .isInstanceOf(InferenceFailure.TimedOut.class)
        .extracting(InferenceFailure::message)
        .asString()
        .startsWith("Request timeout expired after ");
    assertThat(model.runs()).containsExactly(new float[] {0});
  }

  @Test
  void doesNotComputeWhatIsCancelled() throws Exception {
    occupyWorker();
    var caller = submit(5);
    caller.cancel();
    model.allow(1);
    assertThat(caller.failure())
        .isEqualTo(new InferenceFailure.Cancelled("The request was cancelled before it ran."));
    assertThat(model.runs()).containsExactly(new float[] {0});
  }

  @Test
  void givesTheOthersOfABatchTheirAnswersWhenOneFails() throws Exception {
    occupyWorker();
    var good = submit(1);
    var bad = submit(EchoModel.POISON);
    var alsoGood = submit(3);
    model.allow(10);
    assertThat(bad.failure())
        .isEqualTo(
            new InferenceFailure.Broken(
                "Model 'echo' failed to compute this request. Check the values sent; the server's"
                    + " log has the cause."));
    assertThat(good.answer()).containsExactly(1);
    assertThat(alsoGood.answer()).containsExactly(3);
    assertThat(model.held()).isZero();
  }

  @Test
  void goesOnAfterAFailure() throws Exception {
    model.allow(2);
    assertThat(submit(EchoModel.POISON).failure()).isInstanceOf(InferenceFailure.Broken.class);
    assertThat(submit(4).answer()).containsExactly(4);
  }

  @Test
  void survivesACallerWhoseCancellationThrows() throws Exception {
    model.allow(10);
    scheduler.submit(rows(1, new ThrowingCaller()));
    assertThat(submit(4).outcome()).isNotNull();
    assertThat(submit(5).answer()).containsExactly(5);
    assertThat(scheduler.pendingRows()).isZero();
  }

  @Test
  void tellsEachCallerOnItsHome() throws Exception {
    model.allow(10);
    try (var loop = Executors.newSingleThreadExecutor(task -> new Thread(task, "loop"))) {
      var caller = new Caller(loop);
      scheduler.submit(rows(1, caller));
      caller.outcome();
      assertThat(caller.toldOn()).isNotNull();
      assertThat(String.valueOf(caller.toldOn())).contains("loop");
    }
  }

  @Test
  void finishesWhatIsQueuedBeforeItCloses() throws Exception {
    occupyWorker();
    var queued = submit(8);
    model.allow(10);
    scheduler.close();
    assertThat(queued.answer()).containsExactly(8);
    assertThat(model.closed()).isTrue();
  }

  @Test
  void refusesRequestsAfterItsClose() throws Exception {
    scheduler.close();
    assertThat(submit(1).failure())
        .isEqualTo(
            new InferenceFailure.NotReady(
                "This version of model 'echo' is being unloaded. Send the request again."));
  }

  @Test
  void turnsAwayWhatCouldNotFinishInTime() throws Exception {
    var stuck = EchoModel.gated();
    var hurried =
        new SchedulerSettings(4, List.of(), Duration.ZERO, 20, 2, 2, Duration.ofMillis(1));
    var closing =
        ModelScheduler.start(
            List.of(stuck), hurried, SchedulerContext.alone(meters, NanoClock.SYSTEM));
    var running = Caller.direct();
    var waiting = Caller.direct();
    closing.submit(rows(1, running));
    stuck.awaitStart();
    closing.submit(rows(1, waiting));
    closing.close();
    assertThat(waiting.failure()).isInstanceOf(InferenceFailure.NotReady.class);
    assertThat(stuck.closed()).isFalse();
    stuck.allow(1);
    assertThat(running.answer()).containsExactly(0);
  }

  @Test
  void warmsUpEveryPowerOfTwo() {
    var cold = EchoModel.gated();
    cold.allow(100);
    try (var warm = warm(cold, Duration.ofSeconds(10))) {
      assertThat(warm.pendingRows()).isZero();
      assertThat(cold.runs()).extracting(rows -> rows.length).containsExactly(1, 1, 2, 2, 4, 4);
      assertThat(cold.held()).isZero();
      assertThat(meters.snapshot()).isEqualTo(new MeterSnapshot(0, 0, 0, 0, 0, 0));
    }
  }

  @Test
  void closesTheInstancesOfAWarmUpThatIsLate() {
    var late = EchoModel.gated();
    assertThatExceptionOfType(ModelLoadException.class)
        .isThrownBy(() -> warm(late, Duration.ofNanos(-1)))
        .withMessageStartingWith("The warm-up of model 'echo' version '1' took longer than ");
    assertThat(late.closed()).isTrue();
  }

  @Test
  void runsOneRequestAtATimeWhereTheModelIsNotBatchable() throws Exception {
    var fixed = EchoModel.notBatchable();
    try (var alone =
        ModelScheduler.start(
            List.of(fixed), settings, SchedulerContext.alone(meters, NanoClock.SYSTEM))) {
      var caller = Caller.direct();
      var input = Tensors.floats("x", Shape.of(2, 3), 1, 2, 3, 4, 5, 6);
      alone.submit(new ScheduledRequest(List.of(input), 1, List.of(), NONE, 0, caller));
      assertThat(caller.answer()).containsExactly(1, 2, 3, 4, 5, 6);
    }
  }

  @Test
  void countsWhatItAnsweredAndRefused() throws Exception {
    model.allow(100);
    submit(1).outcome();
    submit(2).outcome();
    submit(EchoModel.POISON).outcome();
    var snapshot = meters.snapshot();
    assertThat(snapshot.success()).isEqualTo(2);
    assertThat(snapshot.failure()).isEqualTo(1);
    assertThat(snapshot.p99Micros()).isPositive();
  }

  /** Leaves the worker in a run of one row, 0. */
  private void occupyWorker() throws InterruptedException {
    submit(0f);
    model.awaitStart();
  }

  private Caller submit(float... row) {
    return submitWith(0, NONE, row);
  }

  private Caller submitWith(int priority, long deadlineNanos, float... row) {
    var caller = Caller.direct();
    scheduler.submit(
        new ScheduledRequest(
            List.of(Tensors.row("x", row)), 1, List.of(), deadlineNanos, priority, caller));
    return caller;
  }

  /** Rows of one value: their number. */
  private static ScheduledRequest rows(int rows, Outcome caller) {
    var values = new float[rows];
    for (int i = 0; i < rows; i++) {
      values[i] = i;
    }
    var input = Tensors.floats("x", Shape.of(rows, 1), values);
    return new ScheduledRequest(List.of(input), rows, List.of(), NONE, 0, caller);
  }

  private static final class ThrowingCaller implements Outcome {
    @Override
    public Executor home() {
      return Runnable::run;
    }

    @Override
    public void completed(BatchResult result) {
      result.close();
    }

    @Override
    public void failed(InferenceFailure failure) {}

    @Override
    public boolean cancelled() {
      throw new IllegalStateException("the caller broke");
    }
  }

  private ModelScheduler warm(EchoModel instance, Duration limit) {
    return ModelScheduler.startWarm(
        List.of(instance),
        settings,
        SchedulerContext.alone(meters, NanoClock.SYSTEM),
        limit,
        Runnable::run);
  }
}
