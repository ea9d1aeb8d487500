package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.scheduling.SentRequest.Trouble;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.telemetry.ServingMeters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One history of requests of two shapes, from a seed, on a clock of its own: small ones and ones
 * that run in pieces, with time limits, callers who go, and in half of the histories a close in the
 * middle. They are submitted as {@link ModelScheduler} does it, and the workers do what {@link
 * Worker} does; the queue, and the runners that answer, are the real ones.
 */
final class ShapedHistory {
  private static final int ARRIVALS = 50;
  private static final long NEVER = Long.MAX_VALUE;

  private final SplittableRandom random;
  private final SchedulerSettings settings;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ModelMeters meters;
  private final Refusals refusals = new Refusals("shaped");
  private final Sequencer sequencer = new Sequencer();
  private final AtomicInteger told = new AtomicInteger();
  private final Learned learned;
  private final RequestQueue queue;
  private final QueueOracle oracle;
  private final StartOracle starts;
  private final List<Seat> seats = new ArrayList<>();
  private final List<SentRequest> sent = new ArrayList<>();

  /** In the order in which they were queued. */
  private final List<Part> waiting = new ArrayList<>();

  private final int meanGap;
  private final int closesAfter;
  private long now = 1_000_000;
  private long nextArrival = now;
  private long lookAgain = NEVER;

  /** What became of a request. */
  enum Ending {
    ANSWERED,
    LATE,
    CANCELLED,
    TURNED_AWAY,
    CLOSED
  }

  /** What happened; of requests that ran in pieces also by itself. */
  record Tally(Map<Ending, Integer> endings, Map<Ending, Integer> inPieces, StartOracle starts) {}

  /** What one worker has for itself. */
  private final class Seat {
    final Batch batch = new Batch(learned.times());
    final BatchRunner runner;
    long busyUntil = NEVER;

    Seat() {
      // The clock stands still while it runs, which the queue must not learn from.
      var own = Learned.of(settings, settings.maxBatchRows(), 1, "shaped");
      runner = new BatchRunner(EchoModel.free(), queue, own, meters, () -> now, null);
    }

    boolean isBusy() {
      return busyUntil != NEVER;
    }
  }

  ShapedHistory(SchedulerSettings settings, long seed) {
    this.settings = settings;
    random = new SplittableRandom(seed);
    int workers = random.nextInt(1, 4);
    meters = new ServingMeters(registry, () -> now).open("shaped", "1");
    learned = Learned.of(settings, settings.maxBatchRows(), workers, "shaped");
    queue = new RequestQueue(settings, settings.maxBatchRows(), meters, learned);
    oracle = new QueueOracle(settings);
    starts = new StartOracle(settings.maxBatchRows());
    for (int i = 0; i < workers; i++) {
      seats.add(new Seat());
    }
    meanGap = random.nextInt(1, 60);
    closesAfter = random.nextInt(2) == 0 ? ARRIVALS : random.nextInt(1, ARRIVALS);
  }

  /** Plays it to the end, when everybody has been told once and nothing is left. */
  Tally play() throws InterruptedException {
    while (sent.size() < ARRIVALS || !waiting.isEmpty() || seats.stream().anyMatch(Seat::isBusy)) {
      now = nextEvent();
      finish();
      arrive();
      disturb();
      seats.stream().filter(seat -> !seat.isBusy()).forEach(this::step);
    }
    checkNothingIsLeft();
    checkOrderOfAnswers();
    return tally();
  }

  private long nextEvent() {
    long next = sent.size() < ARRIVALS ? Math.min(nextArrival, lookAgain) : lookAgain;
    for (var seat : seats) {
      next = Math.min(next, seat.busyUntil);
    }
    assertThat(next).as("nothing would ever take what waits").isNotEqualTo(NEVER);
    return Math.max(next, now);
  }

  private void finish() {
    for (var seat : seats) {
      if (seat.busyUntil <= now) {
        seat.runner.run(seat.batch);
        seat.busyUntil = NEVER;
      }
    }
  }

  private void arrive() {
    while (sent.size() < ARRIVALS && nextArrival <= now) {
      submit(request());
      if (sent.size() == closesAfter) {
        close();
      }
      // Bursts: every third comes together with the one before.
      nextArrival += random.nextInt(3) == 0 ? 0 : random.nextInt(2 * meanGap);
    }
  }

  private SentRequest request() {
    int most = random.nextInt(4) == 0 ? 3 * settings.maxBatchRows() : settings.maxBatchRows();
    long deadline = random.nextInt(3) == 0 ? now + random.nextLong(600) : NEVER;
    return new SentRequest(
        sent.size(),
        random.nextInt(1, most + 1),
        random.nextBoolean() ? 1 : 3,
        Trouble.NONE,
        deadline,
        Caller.direct().counting(told));
  }

  private void submit(SentRequest request) {
    sent.add(request);
    boolean keepsOrder = settings.order() == SchedulerSettings.Order.SUBMITTED;
    var outcome = keepsOrder ? sequencer.inLine(request.caller()) : request.caller();
    int level = random.nextInt(1, settings.queue().levels() + 1);
    var scheduled = request.scheduled(level, outcome);
    if (queue.isClosing()) {
      outcome.failed(refusals.closed());
    } else if (!queue.rows().reserve(request.rows(), level)) {
      outcome.failed(refusals.queueFull(queue.pendingRows(), settings.maxQueueRows()));
    } else {
      long deadline = queue.deadlineNanos(level, request.deadlineNanos(), now);
      parts(scheduled).forEach(part -> push(part.inLine(level, deadline)));
    }
  }

  private List<Part> parts(ScheduledRequest request) {
    return request.rows() <= settings.maxBatchRows()
        ? List.of(Part.whole(request, now))
        : new SplitRequest(request, now, settings.maxBatchRows()).parts();
  }

  private void push(Part part) {
    waiting.add(part);
    starts.queued(part);
    queue.push(part);
  }

  /** What waits is finished, or, where that would take too long, turned away. */
  private void close() {
    queue.close();
    if (random.nextBoolean()) {
      var rest = new Batch(learned.times());
      queue.drainTo(rest);
      var handover = new Handover(meters);
      for (var part : rest.unwanted()) {
        leave(part);
        part.fail(refusals.closed(), FailureReason.REJECTED, handover);
      }
      handover.send();
      assertThat(waiting).isEmpty();
    }
  }

  /** A caller may go, and the timer may look. */
  private void disturb() {
    if (random.nextInt(20) == 0 && !sent.isEmpty()) {
      sent.get(random.nextInt(sent.size())).caller().cancel();
    }
    if (random.nextInt(5) == 0) {
      var late = new Batch(learned.times());
      queue.sweep(now, late);
      leave(late.unwanted());
      seats.getFirst().runner.refuse(late.unwanted(), now);
    }
  }

  private void step(Seat seat) {
    var decision = queue.next(now, seat.batch);
    leave(seat.batch.unwanted());
    lookAgain = NEVER;
    if (decision instanceof BatchDecision.Run) {
      starts.check(waiting, seat.batch.parts(), now);
    }
    seat.runner.refuse(seat.batch.unwanted(), now);
    switch (decision) {
      case null -> assertThat(waiting).isEmpty();
      case BatchDecision.LookAgain(long at) -> lookAgain = queue.isClosing() ? NEVER : at;
      case BatchDecision.Run(_) -> start(seat);
    }
  }

  private void start(Seat seat) {
    var batch = seat.batch;
    batch.parts().forEach(this::leave);
    long nanos = 10 + 3L * batch.rows();
    seat.busyUntil = now + nanos;
    learned.ran(batch.rows(), nanos);
    // As the worker that wakes another one before it runs.
    boolean goesOn = !waiting.isEmpty() && seats.stream().anyMatch(other -> !other.isBusy());
    lookAgain = goesOn ? now : NEVER;
  }

  private void leave(List<Part> unwanted) {
    for (var part : unwanted) {
      leave(part);
      if (!part.isForgotten()) {
        oracle.checkRefused(part, now, learned.times());
      }
    }
  }

  private void leave(Part part) {
    assertThat(waiting.remove(part)).as("waited, and left once").isTrue();
  }

  private void checkNothingIsLeft() {
    assertThat(queue.next(now, new Batch(learned.times()))).isNull();
    assertThat(queue.pendingRows()).isZero();
    assertThat(queue.hasArrivals()).isFalse();
    for (int level = 1; level <= settings.queue().levels(); level++) {
      assertThat(queue.rows().ahead(level)).isZero();
    }
    assertThat(registry.get("nv_inference_pending_request_count").gauge().value()).isZero();
  }

  /** All have the same home. */
  private void checkOrderOfAnswers() {
    if (settings.order() == SchedulerSettings.Order.SUBMITTED) {
      assertThat(sent).extracting(request -> request.caller().place()).isSorted();
    }
  }

  private Tally tally() throws InterruptedException {
    var tally = new Tally(new EnumMap<>(Ending.class), new EnumMap<>(Ending.class), starts);
    for (var request : sent) {
      assertThat(request.caller().isTold()).as("%s told", request).isTrue();
      assertThat(request.caller().outcomeCount()).as("%s told once", request).isOne();
      var ending = ending(request);
      tally.endings.merge(ending, 1, Integer::sum);
      tally.inPieces.merge(ending, request.rows() > settings.maxBatchRows() ? 1 : 0, Integer::sum);
    }
    return tally;
  }

  private Ending ending(SentRequest request) throws InterruptedException {
    if (request.caller().outcome() instanceof float[] values) {
      assertThat(values).as("%s", request).isEqualTo(request.expected());
      return Ending.ANSWERED;
    }
    return switch (request.caller().failure()) {
      case InferenceFailure.TimedOut _ -> Ending.LATE;
      case InferenceFailure.Overloaded _ -> Ending.TURNED_AWAY;
      case InferenceFailure.NotReady _ -> {
        assertThat(queue.isClosing()).as("%s", request).isTrue();
        yield Ending.CLOSED;
      }
      case InferenceFailure.Cancelled _ -> {
        assertThat(request.caller().cancelled()).as("%s", request).isTrue();
        yield Ending.CANCELLED;
      }
      case InferenceFailure.Broken _,
          InferenceFailure.Invalid _,
          InferenceFailure.NotFound _,
          InferenceFailure.TooLarge _,
          InferenceFailure.Unsupported _ ->
          throw new AssertionError("nobody asked for this: " + request);
    };
  }
}
