package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.telemetry.RequestDurations;
import org.jspecify.annotations.Nullable;

/**
 * Rows of one request that run together: the whole request, or a piece of one that is larger than a
 * batch. The link makes it its own node of the queue.
 */
final class Part {
  final ScheduledRequest request;
  final int firstRow;
  final int rows;
  final long submittedNanos;

  /** Absent where the part is the whole request. */
  final @Nullable SplitRequest split;

  /** Written before the part is published, and then under the queue's lock. */
  @Nullable Part next;

  /** Guarded by the queue's lock. */
  boolean taken;

  /** Too late, and runs behind all others. Guarded by the queue's lock. */
  boolean delayed;

  /** 1 is the highest. Written before the part is published. */
  int level = 1;

  /** When it must be answered. Written before the part is published. */
  long deadlineNanos;

  Part(
      ScheduledRequest request,
      int firstRow,
      int rows,
      long submittedNanos,
      @Nullable SplitRequest split) {
    this.request = request;
    this.firstRow = firstRow;
    this.rows = rows;
    this.submittedNanos = submittedNanos;
    this.split = split;
    deadlineNanos = request.deadlineNanos();
  }

  /** Where and how long it waits. */
  Part inLine(int ofLevel, long untilNanos) {
    level = ofLevel;
    deadlineNanos = untilNanos;
    return this;
  }

  static Part whole(ScheduledRequest request, long submittedNanos) {
    return new Part(request, 0, request.rows(), submittedNanos, null);
  }

  boolean startsRequest() {
    return firstRow == 0;
  }

  /** Whether another piece of the request has failed, so that the outcome is known. */
  boolean isSettled() {
    return split != null && split.isSettled();
  }

  /** Whether nobody waits for it any more. */
  boolean isForgotten() {
    return isSettled() || request.outcome().cancelled();
  }

  /** Whether the inputs agree in all but the rows. */
  boolean fits(Part other) {
    var mine = request.inputs();
    var others = other.request.inputs();
    for (int i = 0; i < mine.size(); i++) {
      if (!mine.get(i).shape().sameBeyondRows(others.get(i).shape())) {
        return false;
      }
    }
    return true;
  }

  /** Hands over the answer to these rows. */
  void complete(BatchResult result, RequestDurations durations, Handover handover) {
    if (split == null) {
      handover.answered(request, result, durations);
    } else {
      split.completed(this, result, durations, handover);
    }
  }

  /** Hands over the failure, unless the request has failed already. */
  void fail(InferenceFailure failure, FailureReason reason, Handover handover) {
    if (split == null) {
      handover.failed(request, failure, reason, submittedNanos);
    } else {
      split.failed(this, failure, reason, handover);
    }
  }
}
