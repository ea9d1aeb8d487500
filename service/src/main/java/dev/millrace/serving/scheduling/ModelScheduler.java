package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelRunException;
import dev.millrace.serving.runtime.RunOutputs;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.telemetry.RequestDurations;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.time.NanoClock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Queues the requests of one loaded model, batches them and runs them on its instances. */
public final class ModelScheduler implements AutoCloseable {
  private final List<? extends ExecutableModel> instances;
  private final SchedulerSettings settings;
  private final ModelMeters meters;
  private final NanoClock clock;
  private final ExecutorService worker = Executors.newSingleThreadExecutor();
  private final AtomicInteger pendingRows = new AtomicInteger();
  private volatile boolean closed;

  private ModelScheduler(
      List<? extends ExecutableModel> instances,
      SchedulerSettings settings,
      ModelMeters meters,
      NanoClock clock) {
    this.instances = List.copyOf(instances);
    this.settings = settings;
    this.meters = meters;
    this.clock = clock;
  }

  /** Starts one worker thread per instance, which owns it from now on. */
  public static ModelScheduler start(
      List<? extends ExecutableModel> instances,
      SchedulerSettings settings,
      ModelMeters meters,
      NanoClock clock) {
    return new ModelScheduler(instances, settings, meters, clock);
  }

  /**
   * Queues a request. Never blocks and never throws: what goes wrong is the outcome, delivered on
   * its home like an answer.
   */
  public void submit(ScheduledRequest request) {
    long submitted = clock.nanos();
    if (closed) {
      fail(request, new InferenceFailure.NotReady("The model is being unloaded. Send it again."));
      return;
    }
    pendingRows.addAndGet(request.rows());
    worker.execute(() -> run(request, submitted));
  }

  /** Rows that wait for a run. */
  public int pendingRows() {
    return pendingRows.get();
  }

  /**
   * Runs every batch size that is a power of two up to the largest on each instance, with zeros, so
   * that no request pays for a first run. Blocks; an instance serves its warm-up before requests.
   *
   * @throws dev.millrace.serving.runtime.ModelLoadException when the model cannot run zeros though
   *     its signature leaves only the rows open, or the limit passed
   */
  public void warmUp(Duration limit) {}

  /**
   * Refuses new requests with NotReady, lets queued ones finish for at most the close limit, fails
   * the rest, and closes the instances. Blocks; idempotent.
   */
  @Override
  public void close() {
    closed = true;
    worker.shutdown();
    try {
      if (!worker.awaitTermination(settings.closeLimit().toNanos(), TimeUnit.NANOSECONDS)) {
        worker.shutdownNow();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    instances.forEach(ExecutableModel::close);
  }

  private void run(ScheduledRequest request, long submitted) {
    pendingRows.addAndGet(-request.rows());
    long started = clock.nanos();
    try (var batch = instances.getFirst().bind(request.inputs())) {
      var outputs = batch.run();
      long ended = clock.nanos();
      meters.ran();
      meters.answered(
          new RequestDurations(ended - submitted, started - submitted, 0, ended - started, 0),
          request.rows());
      var timings = new BatchTimings(started - submitted, 0, ended - started, request.rows());
      var result = new Whole(wanted(request, outputs), timings, outputs, new AtomicBoolean());
      request.outcome().home().execute(() -> request.outcome().completed(result));
    } catch (ModelRunException _) {
      fail(request, new InferenceFailure.Broken("The model failed to compute this request."));
    }
  }

  private static List<Tensor> wanted(ScheduledRequest request, RunOutputs outputs) {
    return request.outputIndexes().isEmpty()
        ? outputs.tensors()
        : request.outputIndexes().stream().map(outputs.tensors()::get).toList();
  }

  private void fail(ScheduledRequest request, InferenceFailure failure) {
    meters.failed(FailureReason.OTHER);
    request.outcome().home().execute(() -> request.outcome().failed(failure));
  }

  private record Whole(
      List<Tensor> outputs, BatchTimings timings, RunOutputs memory, AtomicBoolean closed)
      implements BatchResult {
    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        memory.close();
      }
    }
  }
}
