package dev.millrace.serving.scheduling;

import dev.millrace.serving.runtime.DeviceMemoryException;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelRunException;
import dev.millrace.serving.runtime.ValuesRefusedException;
import dev.millrace.serving.scheduling.Instance.Computed;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.telemetry.RequestDurations;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.time.NanoClock;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs batches on one instance and gives each caller its own rows. Owned by the worker. */
final class BatchRunner implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(BatchRunner.class);

  private final Instance instance;
  private final RequestQueue queue;
  private final Learned learned;
  private final ComputeTimes times;
  private final ModelMeters meters;
  private final Refusals refusals;
  private final NanoClock clock;
  private final Handover handover;
  private final Waits waits = new Waits();

  /** Absent where nothing is padded. */
  private final @Nullable Padding padding;

  BatchRunner(
      ExecutableModel model,
      RequestQueue queue,
      Learned learned,
      ModelMeters meters,
      NanoClock clock,
      @Nullable Padding padding) {
    instance = new Instance(model, meters, clock, padding);
    this.padding = padding;
    this.queue = queue;
    this.learned = learned;
    times = learned.times();
    this.meters = meters;
    this.clock = clock;
    refusals = new Refusals(meters.model());
    handover = new Handover(meters);
  }

  /** Runs the batch and hands over the outcome of each of its parts; never throws. */
  void run(Batch batch) {
    run(batch.parts(), batch.rows());
    handover.send();
  }

  /** What the worker waits for. */
  Waits waits() {
    return waits;
  }

  /** Tells the callers of what is not worth a run, and takes it out of the list. */
  void refuse(List<Part> unwanted, long nowNanos) {
    int predicted = 0;
    for (; !unwanted.isEmpty(); unwanted.removeLast()) {
      var part = unwanted.getLast();
      predicted = part.deadlineNanos - nowNanos > 0 && !part.isForgotten() ? part.rows : predicted;
      refusals.refuse(part, nowNanos, times.expectedNanos(part.rows), handover);
    }
    // Once, however many there are: under overload runs correct the expectation.
    if (predicted > 0) {
      times.refused(predicted);
    }
    handover.send();
  }

  /** Tells the callers of a batch that its worker ends before it could run. */
  void turnAway(Batch batch) {
    for (var part : batch.parts()) {
      part.fail(refusals.closed(), FailureReason.REJECTED, handover);
    }
    handover.send();
  }

  /** Tells the callers that the server failed them. */
  void giveUp(List<Part> parts) {
    for (var part : parts) {
      part.fail(refusals.broken(), FailureReason.OTHER, handover);
    }
    handover.send();
  }

  /** See {@link Instance#isIntact}. */
  boolean isIntact() {
    return instance.isIntact();
  }

  /** See {@link Instance#hasFixedShapes}. */
  boolean hasFixedShapes() {
    return instance.hasFixedShapes();
  }

  /** Replaces the instance if the last run broke it; false when there is none any more. */
  boolean isWhole(InstanceRepair repair, Turn turn) {
    return instance.isWhole(repair, turn);
  }

  @Override
  public void close() {
    instance.close();
  }

  /** Runs zeros twice, since the first run of a size may allocate; returns what the second took. */
  long warmUp(int rows) {
    var parts = List.of(Part.whole(Zeros.request(instance.signature(), rows), clock.nanos()));
    instance.compute(parts, rows).outputs().close();
    var second = instance.compute(parts, rows);
    long tookNanos = second.computeNanos();
    times.ran(rows, tookNanos);
    boolean cuttable = OutputRows.haveRows(second.outputs().tensors(), rows);
    second.outputs().close();
    if (rows > 1 && !cuttable) {
      stopBatching();
    }
    return tookNanos;
  }

  /** The boundary around the runtime: whatever it throws, the worker goes on. */
  private void run(List<Part> parts, int rows) {
    long startedNanos = clock.nanos();
    Computed computed;
    try {
      computed = instance.compute(parts, rows);
    } catch (DeviceMemoryException e) {
      failForMemory(parts, e);
      return;
    } catch (RuntimeException | Error e) {
      failOrRunAlone(parts, e);
      return;
    }
    answer(parts, rows, startedNanos, computed);
  }

  /** Running them one by one would not help: the instance is broken. */
  private void failForMemory(List<Part> parts, DeviceMemoryException cause) {
    logFailure(cause);
    instance.ranOutOfMemory(cause);
    for (int i = 0; i < parts.size(); i++) {
      parts.get(i).fail(refusals.noMemory(), FailureReason.BACKEND, handover);
    }
  }

  /** One caller's values must not cost the others of the batch their answers. */
  private void failOrRunAlone(List<Part> parts, Throwable cause) {
    if (parts.size() > 1) {
      runAlone(parts);
      return;
    }
    logFailure(cause);
    if (cause instanceof ValuesRefusedException refused) {
      parts.getFirst().fail(refusals.values(refused.reason()), FailureReason.OTHER, handover);
    } else {
      parts.getFirst().fail(refusals.broken(), FailureReason.BACKEND, handover);
    }
  }

  /** What a runtime says of values it refuses is one line: any client can bring it about. */
  private void logFailure(Throwable cause) {
    if (cause instanceof ModelRunException) {
      log.warn(
          "Run failed: model={} version={} cause={}",
          meters.model(),
          meters.version(),
          cause.getMessage());
    } else {
      log.error("Run failed: model={} version={}", meters.model(), meters.version(), cause);
    }
  }

  private void runAlone(List<Part> parts) {
    for (var part : parts) {
      run(List.of(part), part.rows);
    }
  }

  private void answer(List<Part> parts, int rows, long startedNanos, Computed computed) {
    meters.ran();
    learned.ran(rows, computed.computeNanos());
    var outputs = computed.outputs().tensors();
    boolean whole = parts.size() == 1 && parts.getFirst().split == null;
    if (!whole && !OutputRows.haveRows(outputs, rows)) {
      computed.outputs().close();
      refuseToCut(parts);
      return;
    }
    if (padding != null && !padding.accountsFor(outputs, parts)) {
      computed.outputs().close();
      stopPadding(padding);
      runAlone(parts);
      return;
    }
    List<Tensor>[] views;
    try {
      views = OutputRows.of(parts, outputs, padding);
    } catch (RuntimeException | Error e) {
      computed.outputs().close();
      failOrRunAlone(parts, e);
      return;
    }
    handOver(parts, views, rows, startedNanos, computed);
  }

  private void handOver(
      List<Part> parts, List<Tensor>[] views, int rows, long startedNanos, Computed computed) {
    var shared = new SharedOutputs(computed.outputs(), parts.size());
    var run = new Run(rows, startedNanos, computed, clock.nanos(), shared);
    meters.ran(rows, run.assembleNanos(), computed.computeNanos(), run.cutTookNanos());
    for (int i = 0; i < parts.size(); i++) {
      complete(parts.get(i), views[i], run);
    }
  }

  /** The outputs have no rows after all: from now on every request runs alone. */
  private void refuseToCut(List<Part> parts) {
    int maxBatchRows = queue.maxBatchRows();
    stopBatching();
    for (var part : parts) {
      if (part.split == null) {
        run(List.of(part), part.rows);
      } else {
        var failure = refusals.cannotBeSplit(part.request.rows(), maxBatchRows);
        part.fail(failure, FailureReason.OTHER, handover);
      }
    }
  }

  private void stopPadding(Padding padding) {
    if (padding.isStopped()) {
      return;
    }
    padding.stop();
    log.warn(
        "Padding is off, an output of padded-outputs is not as long as the padded inputs: model={} version={}",
        meters.model(),
        meters.version());
  }

  private void stopBatching() {
    queue.stopBatching();
    log.warn(
        "Batching is off, outputs do not have the rows of the inputs: model={} version={}",
        meters.model(),
        meters.version());
  }

  private void complete(Part part, List<Tensor> views, Run run) {
    long queueNanos = run.startedNanos - part.submittedNanos;
    var reason = waits.reason(part.submittedNanos, run.startedNanos);
    meters.waited(reason, queueNanos);
    var timings =
        new BatchTimings(
            queueNanos, run.assembleNanos(), run.computed.computeNanos(), run.rows, reason);
    var durations =
        new RequestDurations(
            run.cutNanos - part.submittedNanos,
            queueNanos,
            run.assembleNanos(),
            run.computed.computeNanos(),
            run.cutTookNanos());
    learned.answered(durations.totalNanos());
    handOver(part, new PartResult(views, timings, run.shared), durations);
  }

  /** What all parts of a batch have in common after it ran. */
  private record Run(
      int rows, long startedNanos, Computed computed, long cutNanos, SharedOutputs shared) {
    long assembleNanos() {
      return computed.assembledNanos() - startedNanos;
    }

    long cutTookNanos() {
      return cutNanos - computed.endedNanos();
    }
  }

  /**
   * What breaks here costs this caller its answer; the others have theirs, so nothing runs again.
   */
  private void handOver(Part part, PartResult result, RequestDurations durations) {
    try {
      part.complete(result, durations, handover);
    } catch (RuntimeException | Error e) {
      result.close();
      logFailure(e);
      part.fail(refusals.broken(), FailureReason.OTHER, handover);
    }
  }
}
