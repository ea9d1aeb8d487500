package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Sequences on workers that answer when they are told to: x plus the state is both the answer and
 * the next state.
 */
class SequenceSchedulerTest {
  private static final long IDLE = 1_000_000_000;
  private static final int MOST_WAITING = 10;

  private final AtomicLong now = new AtomicLong(1);
  private final Adder workers = new Adder();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ModelMeters meters = new ServingMeters(registry, now::get).open("sums", "1");
  private final SequenceScheduler sequences =
      new SequenceScheduler(workers, plan(2), meters, now::get, MOST_WAITING);

  @AfterEach
  void stop() {
    sequences.close();
  }

  @Test
  void runTheirRequestsOneAfterTheOtherWithTheStateOfTheOneBefore() throws Exception {
    var first = start(1, 10);
    var second = follow(1, 5);
    var last = end(1, 1);
    assertThat(workers.queued()).isEqualTo(1);
    workers.answer();
    workers.answer();
    workers.answer();
    assertThat(first.answer()).containsExactly(10);
    assertThat(second.answer()).containsExactly(15);
    assertThat(last.answer()).containsExactly(16);
  }

  @Test
  void keepTheirStatesApart() throws Exception {
    var one = start(1, 1);
    var other = start(2, 100);
    assertThat(workers.queued()).isEqualTo(2);
    workers.answerAll();
    var oneMore = follow(1, 1);
    var otherMore = follow(2, 100);
    workers.answerAll();
    assertThat(one.answer()).containsExactly(1);
    assertThat(other.answer()).containsExactly(100);
    assertThat(oneMore.answer()).containsExactly(2);
    assertThat(otherMore.answer()).containsExactly(200);
  }

  @Test
  void tellTheModelWhereARequestStands() {
    start(1, 0);
    workers.answerAll();
    follow(1, 0);
    workers.answerAll();
    end(1, 0);
    workers.answerAll();
    assertThat(workers.starts).containsExactly(1, 0, 0);
    assertThat(workers.ends).containsExactly(0, 0, 1);
    assertThat(workers.ids).containsOnly(1L);
  }

  @Test
  void waitForASlotInTheirOrder() throws Exception {
    start(1, 1);
    start(2, 1);
    var third = start(3, 7);
    var fourth = start(4, 8);
    workers.answerAll();
    assertThat(third.isTold()).isFalse();
    end(2, 1);
    workers.answerAll();
    assertThat(third.answer()).containsExactly(7);
    assertThat(fourth.isTold()).isFalse();
    end(1, 1);
    workers.answerAll();
    assertThat(fourth.answer()).containsExactly(8);
  }

  @Test
  void endWhenTheyWereIdleForTooLongAndMakeRoom() throws Exception {
    start(1, 1);
    start(2, 1);
    workers.answerAll();
    var third = start(3, 7);
    now.addAndGet(IDLE - 1);
    follow(2, 1);
    workers.answerAll();
    assertThat(third.isTold()).isFalse();
    now.addAndGet(1);
    assertThat(follow(1, 1).failure().message()).contains("must specify the START flag");
    workers.answerAll();
    assertThat(third.answer()).containsExactly(7);
    assertThat(follow(2, 1).isTold()).isFalse();
  }

  @Test
  void beginAnewUnderAStartAndLetTheOneOfBeforeFinish() throws Exception {
    start(1, 10);
    var old = follow(1, 1);
    var fresh = start(1, 3);
    workers.answerAll();
    workers.answerAll();
    assertThat(old.answer()).containsExactly(11);
    assertThat(fresh.answer()).containsExactly(3);
    var more = follow(1, 1);
    workers.answerAll();
    assertThat(more.answer()).containsExactly(4);
  }

  @Test
  void areKnownByNumberOrByTextAndNeverByBoth() throws Exception {
    start(1, 10);
    workers.answerAll();
    var named = submit(new SequenceTag(new SequenceTag.TextId("1"), false, false), 1);
    assertThat(named.failure().message()).contains("must specify the START flag");
    // This model is told numbers.
    var text = submit(new SequenceTag(new SequenceTag.TextId("a"), true, false), 1);
    assertThat(text.failure().message()).contains("Send a number as sequence_id");
  }

  @Test
  void refuseWhatIsInNoneOrNotStarted() throws Exception {
    assertThat(submit(null, 1).failure().message())
        .startsWith(
            "inference request to model 'sums' must specify a non-zero or non-empty correlation ID");
    assertThat(follow(9, 1).failure().message())
        .startsWith(
            "inference request for sequence 9 to model 'sums' must specify the START flag on the first request of the sequence");
    start(1, 1);
    end(1, 1);
    assertThat(follow(1, 1).failure()).isInstanceOf(InferenceFailure.Invalid.class);
  }

  @Test
  void goOnWithTheStateOfBeforeAfterARequestThatFailed() throws Exception {
    start(1, 10);
    workers.answerAll();
    var broken = follow(1, 1);
    var next = follow(1, 2);
    workers.fail();
    workers.answerAll();
    assertThat(broken.failure()).isInstanceOf(InferenceFailure.Broken.class);
    assertThat(next.answer()).containsExactly(12);
  }

  @Test
  void startWithTheFirstRequestThatRuns() {
    start(1, 10);
    follow(1, 1);
    workers.fail();
    workers.answerAll();
    follow(1, 1);
    assertThat(workers.starts).containsExactly(1, 1, 0);
  }

  @Test
  void tellWhoeverWaitsBehindARunBeyondItsDeadline() throws Exception {
    start(1, 1);
    var late = submit(tag(1, false, false), 1, now.get() + 50_000_000);
    now.addAndGet(60_000_000);
    assertThat(late.failure()).isInstanceOf(InferenceFailure.TimedOut.class);
    var next = follow(1, 2);
    workers.answerAll();
    assertThat(next.answer()).containsExactly(3);
  }

  @Test
  void letOnlySoManyWait() throws Exception {
    start(1, 1);
    for (int i = 0; i < MOST_WAITING; i++) {
      follow(1, 1);
    }
    assertThat(follow(1, 1).failure()).isInstanceOf(InferenceFailure.Overloaded.class);
  }

  @Test
  void canBeEndedWhileAllPlacesOfThoseWhoWaitAreTaken() throws Exception {
    start(1, 1);
    start(2, 1);
    workers.answerAll();
    var waiting = new ArrayList<Caller>();
    for (int id = 10; id < 10 + MOST_WAITING; id++) {
      waiting.add(start(id, id));
    }
    assertThat(start(99, 1).failure()).isInstanceOf(InferenceFailure.Overloaded.class);
    var last = end(1, 1);
    workers.answerAll();
    assertThat(last.answer()).containsExactly(2);
    assertThat(waiting.getFirst().answer()).containsExactly(10);
    assertThat(start(99, 1).isTold()).isFalse();
  }

  @Test
  void doNotWaitForClientsThatLeft() throws Exception {
    start(1, 1);
    start(2, 1);
    workers.answerAll();
    for (int id = 10; id < 10 + MOST_WAITING; id++) {
      start(id, id).cancel();
    }
    var patient = start(99, 7);
    end(2, 1);
    workers.answerAll();
    assertThat(patient.answer()).containsExactly(7);
  }

  @Test
  void giveTheirSlotBackWhereNothingOfThemRan() throws Exception {
    start(1, 1);
    var never = start(2, 1);
    var third = start(3, 7);
    workers.answer();
    workers.fail();
    assertThat(never.failure()).isInstanceOf(InferenceFailure.Broken.class);
    workers.answerAll();
    assertThat(third.answer()).containsExactly(7);
    assertThat(follow(2, 1).failure().message()).contains("must specify the START flag");
  }

  @Test
  void turnAwayWhoWaitsForASlotWhenTheVersionRetires() throws Exception {
    start(1, 1);
    var more = follow(1, 1);
    start(2, 1);
    var backlog = start(3, 1);
    assertThat(sequences.isExpected()).isTrue();
    sequences.retire();
    assertThat(backlog.failure()).isInstanceOf(InferenceFailure.NotReady.class);
    workers.answerAll();
    assertThat(more.answer()).containsExactly(2);
    assertThat(sequences.isExpected()).isFalse();
  }

  @Test
  void countWhoWaits() {
    start(1, 1);
    follow(1, 1);
    start(2, 1);
    start(3, 1).cancel();
    assertThat(registry.get("nv_inference_pending_request_count").gauge().value()).isEqualTo(2);
    workers.answerAll();
    end(2, 1);
    workers.answerAll();
    assertThat(registry.get("nv_inference_pending_request_count").gauge().value()).isZero();
  }

  @Test
  void tellWhoeverWaitsBeyondItsDeadlineForASlot() throws Exception {
    start(1, 1);
    start(2, 1);
    var late = submit(tag(3, true, false), 1, now.get() + 50_000_000);
    now.addAndGet(60_000_000);
    assertThat(late.failure()).isInstanceOf(InferenceFailure.TimedOut.class);
    assertThat(follow(3, 1).failure().message()).contains("must specify the START flag");
  }

  @Test
  void turnAwayWhoWaitsWhenTheModelIsUnloaded() throws Exception {
    var running = start(1, 1);
    var waiting = follow(1, 1);
    start(2, 1);
    var backlog = start(3, 1);
    sequences.close();
    assertThat(waiting.failure()).isInstanceOf(InferenceFailure.NotReady.class);
    assertThat(backlog.failure()).isInstanceOf(InferenceFailure.NotReady.class);
    workers.answerAll();
    assertThat(running.answer()).containsExactly(1);
    assertThat(start(4, 1).failure()).isInstanceOf(InferenceFailure.NotReady.class);
  }

  @Test
  void doNotStackUpWhereManyFailAtOnce() throws Exception {
    var patient = new SequenceScheduler(workers, plan(1), meters, now::get, 100_000);
    workers.failsAtOnce = true;
    var callers = new ArrayList<Caller>();
    workers.holds = true;
    patient.submit(request(tag(1, true, false), 1, Long.MAX_VALUE, Caller.direct()));
    for (int i = 0; i < 20_000; i++) {
      var caller = Caller.direct();
      callers.add(caller);
      patient.submit(request(tag(1, false, false), 1, Long.MAX_VALUE, caller));
    }
    workers.holds = false;
    workers.fail();
    assertThat(callers.getLast().failure()).isInstanceOf(InferenceFailure.Broken.class);
    patient.close();
  }

  private Caller start(long id, float x) {
    return submit(tag(id, true, false), x);
  }

  private Caller follow(long id, float x) {
    return submit(tag(id, false, false), x);
  }

  private Caller end(long id, float x) {
    return submit(tag(id, false, true), x);
  }

  private static SequenceTag tag(long id, boolean start, boolean end) {
    return new SequenceTag(new SequenceTag.NumberId(id), start, end);
  }

  private Caller submit(@Nullable SequenceTag tag, float x) {
    return submit(tag, x, Long.MAX_VALUE);
  }

  private Caller submit(@Nullable SequenceTag tag, float x, long deadlineNanos) {
    var caller = Caller.direct();
    sequences.submit(request(tag, x, deadlineNanos, caller));
    return caller;
  }

  private static ScheduledRequest request(
      @Nullable SequenceTag tag, float x, long deadlineNanos, Caller caller) {
    return new ScheduledRequest(
        List.of(Tensors.row("x", x)), 1, List.of(), deadlineNanos, 0, caller, tag, CacheUse.FULL);
  }

  private static SequencePlan plan(int slots) {
    var row = Shape.of(-1, 1);
    return new SequencePlan(
        new Signature(
            List.of(new TensorSpec("x", DataType.FP32, row)),
            List.of(new TensorSpec("y", DataType.FP32, row))),
        List.of(
            flag("start", SequenceControl.Kind.START),
            flag("end", SequenceControl.Kind.END),
            new SequenceControl(
                new TensorSpec("id", DataType.UINT64, row),
                SequenceControl.Kind.ID,
                ByteBuffer.allocate(0),
                ByteBuffer.allocate(0))),
        List.of(new SequenceState(0, Tensors.row("state", 0))),
        slots,
        Duration.ofNanos(IDLE));
  }

  private static SequenceControl flag(String name, SequenceControl.Kind kind) {
    var spec = new TensorSpec(name, DataType.BOOL, Shape.of(-1, 1));
    return new SequenceControl(spec, kind, element(0), element(1));
  }

  private static ByteBuffer element(int value) {
    return ByteBuffer.allocateDirect(1).order(ByteOrder.LITTLE_ENDIAN).put((byte) value).flip();
  }

  /** Adds x and the state of each request, when it is told to. */
  private static final class Adder implements RequestScheduler {
    private final Queue<ScheduledRequest> queue = new ArrayDeque<>();
    private final List<Integer> starts = new ArrayList<>();
    private final List<Integer> ends = new ArrayList<>();
    private final List<Long> ids = new ArrayList<>();
    private boolean failsAtOnce;
    private boolean holds;

    int queued() {
      return queue.size();
    }

    @Override
    public void submit(ScheduledRequest request) {
      starts.add((int) request.inputs().get(1).data().get(0));
      ends.add((int) request.inputs().get(2).data().get(0));
      ids.add(request.inputs().get(3).data().getLong(0));
      if (failsAtOnce && !holds) {
        request.outcome().failed(new InferenceFailure.Broken("at once"));
      } else {
        queue.add(request);
      }
    }

    void answerAll() {
      while (!queue.isEmpty()) {
        answer();
      }
    }

    void answer() {
      var request = queue.remove();
      assertThat(request.outputIndexes()).containsExactly(0);
      float x = request.inputs().getFirst().data().getFloat(0);
      float state = request.inputs().getLast().data().getFloat(0);
      request.outcome().completed(new Sum(x + state));
    }

    void fail() {
      queue.remove().outcome().failed(new InferenceFailure.Broken("told to"));
    }

    @Override
    public Outcome inLine(Outcome outcome) {
      return outcome;
    }

    @Override
    public CompletionStage<Void> lost() {
      return new CompletableFuture<>();
    }

    @Override
    public void close() {}
  }

  /** Its memory is overwritten when it is closed. */
  private static final class Sum implements BatchResult {
    private final ByteBuffer data =
        ByteBuffer.allocateDirect(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);

    Sum(float value) {
      data.putFloat(0, value);
    }

    @Override
    public List<Tensor> outputs() {
      return List.of(new Tensor("y", DataType.FP32, Shape.of(1, 1), data));
    }

    @Override
    public BatchTimings timings() {
      return new BatchTimings(0, 0, 0, 0);
    }

    @Override
    public void close() {
      data.putFloat(0, Float.NaN);
    }
  }
}
