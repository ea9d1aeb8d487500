package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.time.NanoClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Queues the requests of one loaded model, batches them and runs them on its instances. See
 * docs/decisions/0003-engine.md for the choices. Thread-safe.
 */
public final class ModelScheduler implements RequestScheduler {
  private static final Logger log = LoggerFactory.getLogger(ModelScheduler.class);

  private final SchedulerSettings settings;
  private final ModelMeters meters;
  private final NanoClock clock;
  private final Refusals refusals;
  private final RequestQueue queue;
  private final Learned learned;
  private final Admission admission;
  private final ExpiryTimer expiry;
  private final Wakeups wakeups;

  /** Absent where answers leave as they are ready. */
  private final @Nullable Sequencer sequencer;

  private final List<Worker> workers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final WarmUps warmUp;

  /** Set when no worker will look into the queue again. */
  private volatile boolean closed;

  /** Completes when every instance broke and none could be replaced. */
  private final CompletableFuture<Void> lost = new CompletableFuture<>();

  private ModelScheduler(
      List<? extends ExecutableModel> instances,
      SchedulerSettings settings,
      SchedulerContext context) {
    if (instances.isEmpty()) {
      throw new IllegalArgumentException("A scheduler needs at least one instance of its model");
    }
    this.settings = settings;
    meters = context.meters();
    clock = context.clock();
    refusals = new Refusals(meters.model());
    var signature = instances.getFirst().signature();
    var padding = Padding.of(settings.padding(), signature);
    int maxBatchRows = signature.batchable() ? settings.maxBatchRows() : 0;
    learned = Learned.of(settings, maxBatchRows, instances.size(), meters.model());
    queue = new RequestQueue(settings, maxBatchRows, meters, learned);
    admission = new Admission(queue, learned, refusals);
    expiry =
        new ExpiryTimer("expiry-" + meters.model() + "-" + meters.version(), this::sweep, clock);
    sequencer = settings.order() == SchedulerSettings.Order.SUBMITTED ? new Sequencer() : null;
    var sleepers = instances.stream().map(_ -> new Sleeper()).toList();
    wakeups = new Wakeups(sleepers, workers);
    var repairs =
        new Repairs(context.repair(), learned.forecast(), instances.size(), this::loseTheLast);
    for (int i = 0; i < instances.size(); i++) {
      var runner = new BatchRunner(instances.get(i), queue, learned, meters, clock, padding);
      var turn = new Turn(context.shares(), instances.get(i).device(), clock);
      var batch = new Batch(learned.times(), padding, Batch.WAKE_UP_NANOS);
      var seat = new Worker.Seat(i, sleepers.get(i), turn, batch, repairs);
      workers.add(new Worker(queue, runner, wakeups, seat, learned, clock));
    }
    warmUp = new WarmUps(workers, meters, clock, maxBatchRows);
  }

  /** Starts one worker thread per instance, which owns it from now on. */
  static ModelScheduler start(
      List<? extends ExecutableModel> instances,
      SchedulerSettings settings,
      SchedulerContext context) {
    var scheduler = new ModelScheduler(instances, settings, context);
    scheduler.startThreads();
    return scheduler;
  }

  /**
   * The same after a warm-up: the batch sizes that are powers of two, up to where a run takes long,
   * run zeros on each instance, so that no request pays for a first run. Blocks; takes over the
   * instances, and closes them when it fails.
   *
   * @param background runs the warm-up and returns when it is over, on a thread that may yield to
   *     those that serve; the workers are started by the calling thread, whose priority they
   *     inherit
   * @throws ModelLoadException when the model cannot run zeros, the limit passed, or the model has
   *     not what the settings pad
   */
  public static ModelScheduler startWarm(
      List<? extends ExecutableModel> instances,
      SchedulerSettings settings,
      SchedulerContext context,
      Duration limit,
      Executor background) {
    var scheduler = open(instances, settings, context);
    background.execute(() -> scheduler.warmUp.run(limit));
    scheduler.startThreads();
    return scheduler;
  }

  private static ModelScheduler open(
      List<? extends ExecutableModel> instances,
      SchedulerSettings settings,
      SchedulerContext context) {
    try {
      return new ModelScheduler(instances, settings, context);
    } catch (ModelLoadException e) {
      instances.forEach(ExecutableModel::close);
      throw e;
    }
  }

  private void startThreads() {
    for (int i = 0; i < workers.size(); i++) {
      var name = "worker-" + meters.model() + "-" + meters.version() + "-" + i;
      threads.add(Thread.ofPlatform().name(name).daemon().start(workers.get(i)));
    }
  }

  @Override
  public Outcome inLine(Outcome outcome) {
    return sequencer == null ? outcome : sequencer.inLine(outcome);
  }

  @Override
  public void submit(ScheduledRequest request) {
    int rows = request.rows();
    if (queue.isClosing()) {
      fail(request, gone(), FailureReason.REJECTED);
    } else if (rows < 1) {
      fail(request, refusals.noRows(rows), FailureReason.OTHER);
    } else if (rows > settings.maxQueueRows()) {
      fail(request, refusals.largerThanQueue(rows, settings.maxQueueRows()), FailureReason.OTHER);
    } else {
      enqueue(request);
    }
  }

  /**
   * Completes when every instance broke and none could be replaced, on the thread of a worker;
   * requests are refused with NotReady from then on.
   */
  @Override
  public CompletionStage<Void> lost() {
    return lost;
  }

  /** Rows that wait for a run. */
  public int pendingRows() {
    return queue.pendingRows();
  }

  /**
   * Refuses new requests with NotReady, lets queued ones finish for at most the close limit, fails
   * the rest, and closes the instances. Blocks; idempotent.
   */
  @Override
  public void close() {
    queue.close();
    wakeups.wakeAll();
    awaitWorkers(settings.closeLimit());
    workers.forEach(Worker::abandon);
    closed = true;
    expiry.close();
    turnAwayTheRest();
  }

  private void enqueue(ScheduledRequest request) {
    long now = clock.nanos();
    int level = settings.queue().level(request.priority());
    long deadline = queue.deadlineNanos(level, request.deadlineNanos(), now);
    var objection = admission.objection(request.rows(), level, deadline, now);
    if (objection != null) {
      fail(request, objection, FailureReason.REJECTED);
    } else if (!queue.rows().reserve(request.rows(), level)) {
      var failure = refusals.queueFull(queue.pendingRows(), settings.maxQueueRows());
      fail(request, failure, FailureReason.REJECTED);
    } else {
      push(request, level, deadline, now);
      announce(request.outcome().home(), deadline);
    }
  }

  /** Whatever breaks here, the request is queued: whoever takes it out tells its caller. */
  private void announce(Executor home, long deadlineNanos) {
    try {
      wakeups.request(home);
      if (deadlineNanos != Long.MAX_VALUE) {
        expiry.watch(deadlineNanos);
      }
      if (closed) {
        turnAwayTheRest();
      }
    } catch (RuntimeException | Error e) {
      log.error("Workers could not be told of a request", e);
    }
  }

  private void push(ScheduledRequest request, int level, long deadlineNanos, long now) {
    int maxBatchRows = queue.maxBatchRows();
    if (maxBatchRows == 0 || request.rows() <= maxBatchRows) {
      queue.push(Part.whole(request, now).inLine(level, deadlineNanos));
    } else {
      for (var part : new SplitRequest(request, now, maxBatchRows).parts()) {
        queue.push(part.inLine(level, deadlineNanos));
      }
    }
  }

  /** Tells those whose deadline passed; the workers may all be busy. */
  private long sweep(long nowNanos) {
    var late = new Batch(learned.times());
    long next = queue.sweep(nowNanos, late);
    if (!late.unwanted().isEmpty()) {
      var handover = new Handover(meters);
      for (var part : late.unwanted()) {
        refusals.refuse(part, nowNanos, learned.times().expectedNanos(part.rows), handover);
      }
      handover.send();
    }
    if (queue.hasArrivals()) {
      wakeups.wakeOne();
    }
    return next;
  }

  /** No worker is left to look into the queue. */
  private void loseTheLast() {
    lost.complete(null);
    queue.close();
    closed = true;
    turnAwayTheRest();
  }

  private InferenceFailure gone() {
    return lost.isDone() ? refusals.noInstance() : refusals.closed();
  }

  private void awaitWorkers(Duration limit) {
    long untilNanos = System.nanoTime() + limit.toNanos();
    try {
      for (var thread : threads) {
        thread.join(Duration.ofNanos(Math.max(untilNanos - System.nanoTime(), 1)));
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whoever takes a part out of the queue tells its caller, so none is told twice. */
  private void turnAwayTheRest() {
    var rest = new Batch(new ComputeTimes());
    queue.drainTo(rest);
    var handover = new Handover(meters);
    for (var part : rest.unwanted()) {
      part.fail(gone(), FailureReason.REJECTED, handover);
    }
    handover.send();
  }

  private void fail(ScheduledRequest request, InferenceFailure failure, FailureReason reason) {
    var handover = new Handover(meters);
    handover.failed(request, failure, reason);
    handover.send();
  }
}
