package dev.millrace.serving.scheduling;

import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.telemetry.RequestDurations;
import dev.millrace.serving.telemetry.WaitReason;
import dev.millrace.serving.time.NanoClock;

/**
 * Where the time of one request of an ensemble went: that of its steps, added up, also of those
 * that ran at the same time. Owned by one thread at a time.
 */
final class EnsembleTimes {
  private final NanoClock clock;
  private final int rows;
  private final long startedNanos;
  private long queueNanos;
  private long inputNanos;
  private long inferNanos;
  private long longestWaitNanos;
  private int batchRows;
  private WaitReason reason = WaitReason.NONE;

  EnsembleTimes(NanoClock clock, int rows) {
    this.clock = clock;
    this.rows = rows;
    startedNanos = clock.nanos();
  }

  long startedNanos() {
    return startedNanos;
  }

  /** A step was answered. What it waited for the longest is what the request waited for. */
  void add(BatchTimings step) {
    queueNanos += step.queueNanos();
    inputNanos += step.assembleNanos();
    inferNanos += step.computeNanos();
    batchRows = Math.max(batchRows, step.batchRows());
    if (step.queueNanos() > longestWaitNanos) {
      longestWaitNanos = step.queueNanos();
      reason = step.reason();
    }
  }

  BatchTimings timings() {
    return new BatchTimings(queueNanos, inputNanos, inferNanos, batchRows, reason);
  }

  RequestDurations durations() {
    return new RequestDurations(
        clock.nanos() - startedNanos, queueNanos, inputNanos, inferNanos, 0);
  }

  /** Counts the request as one run of the ensemble. */
  void ran(ModelMeters meters) {
    meters.ran();
    meters.ran(rows, inputNanos, inferNanos, 0);
  }
}
