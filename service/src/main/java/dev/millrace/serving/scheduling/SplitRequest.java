package dev.millrace.serving.scheduling;

import dev.millrace.serving.telemetry.RequestDurations;
import dev.millrace.serving.telemetry.WaitReason;
import dev.millrace.serving.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request with more rows than a batch takes: its pieces run one by one, perhaps on several
 * workers, and their answers become one. The first failure fails the request. Thread-safe.
 */
final class SplitRequest {
  private final ScheduledRequest request;
  private final long submittedNanos;
  private final int maxRows;

  /** Answers by piece. Guarded by this. */
  private final @Nullable BatchResult[] answers;

  /** Guarded by this. */
  private int missing;

  /** Written under the lock. */
  private volatile boolean settled;

  SplitRequest(ScheduledRequest request, long submittedNanos, int maxRows) {
    this.request = request;
    this.submittedNanos = submittedNanos;
    this.maxRows = maxRows;
    missing = (request.rows() + maxRows - 1) / maxRows;
    answers = new BatchResult[missing];
  }

  /** The pieces, in order. */
  List<Part> parts() {
    var parts = new ArrayList<Part>();
    for (int first = 0; first < request.rows(); first += maxRows) {
      int rows = Math.min(maxRows, request.rows() - first);
      parts.add(new Part(request, first, rows, submittedNanos, this));
    }
    return parts;
  }

  boolean isSettled() {
    return settled;
  }

  /** Claims the outcome for a failure; false when it is claimed. */
  synchronized boolean settle() {
    if (settled) {
      return false;
    }
    settled = true;
    for (var answer : answers) {
      if (answer != null) {
        answer.close();
      }
    }
    return true;
  }

  synchronized void completed(
      Part part, BatchResult answer, RequestDurations durations, Handover handover) {
    if (settled) {
      answer.close();
      return;
    }
    answers[part.firstRow / maxRows] = answer;
    missing--;
    if (missing == 0) {
      // Settled only once it is handed over: joining takes memory, and where there is none the
      // caller still has to be told of a failure.
      handover.answered(request, joined(), durations);
      settled = true;
    }
  }

  private BatchResult joined() {
    var pieces = new ArrayList<List<Tensor>>();
    long assemble = 0;
    long compute = 0;
    long queue = Long.MAX_VALUE;
    var reason = WaitReason.NONE;
    for (var answer : answers) {
      if (answer != null) {
        pieces.add(answer.outputs());
        reason = answer.timings().queueNanos() < queue ? answer.timings().reason() : reason;
        queue = Math.min(queue, answer.timings().queueNanos());
        assemble += answer.timings().assembleNanos();
        compute += answer.timings().computeNanos();
      }
    }
    var outputs = OutputRows.join(pieces);
    for (var answer : answers) {
      if (answer != null) {
        answer.close();
      }
    }
    return new Joined(outputs, new BatchTimings(queue, assemble, compute, maxRows, reason));
  }

  private record Joined(List<Tensor> outputs, BatchTimings timings) implements BatchResult {
    @Override
    public void close() {}
  }
}
