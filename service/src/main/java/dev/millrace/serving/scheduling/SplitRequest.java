package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.telemetry.RequestDurations;
import dev.millrace.serving.telemetry.WaitReason;
import dev.millrace.serving.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request with more rows than a batch takes: its pieces run one by one, perhaps on several
 * workers, and their answers become one. The first failure fails the request; its caller is told
 * once no piece waits or runs any more, for then it gives the inputs back. Thread-safe.
 */
final class SplitRequest {
  private final ScheduledRequest request;
  private final long submittedNanos;
  private final int maxRows;

  /** Answers by piece. Guarded by this. */
  private final @Nullable BatchResult[] answers;

  /** Whether a piece has come to its end, by piece. Guarded by this. */
  private final boolean[] ended;

  /** Pieces that have not. Guarded by this. */
  private int missing;

  /** Why there will be no answer; null while there may be one. Guarded by this. */
  private @Nullable InferenceFailure failure;

  /** Guarded by this. */
  private FailureReason reason = FailureReason.OTHER;

  /** Whether the outcome is known. Written under the lock. */
  private volatile boolean settled;

  SplitRequest(ScheduledRequest request, long submittedNanos, int maxRows) {
    this.request = request;
    this.submittedNanos = submittedNanos;
    this.maxRows = maxRows;
    missing = (request.rows() + maxRows - 1) / maxRows;
    answers = new BatchResult[missing];
    ended = new boolean[missing];
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

  /** A piece came to nothing; one whose answer could not be handed over may have ended before. */
  synchronized void failed(
      Part part, InferenceFailure cause, FailureReason why, Handover handover) {
    if (!settled) {
      settled = true;
      failure = cause;
      reason = why;
      closeAnswers();
    }
    end(part);
    tellOfFailure(handover);
  }

  synchronized void completed(
      Part part, BatchResult answer, RequestDurations durations, Handover handover) {
    end(part);
    if (settled) {
      answer.close();
      tellOfFailure(handover);
      return;
    }
    answers[part.firstRow / maxRows] = answer;
    if (missing == 0) {
      // Settled only once it is handed over: joining takes memory, and where there is none the
      // caller still has to be told of a failure.
      handover.answered(request, joined(), durations);
      settled = true;
    }
  }

  private void end(Part part) {
    int piece = part.firstRow / maxRows;
    missing -= ended[piece] ? 0 : 1;
    ended[piece] = true;
  }

  private void tellOfFailure(Handover handover) {
    var untold = failure;
    if (missing == 0 && untold != null) {
      failure = null;
      handover.failed(request, untold, reason, submittedNanos);
    }
  }

  private void closeAnswers() {
    for (var answer : answers) {
      if (answer != null) {
        answer.close();
      }
    }
  }

  private BatchResult joined() {
    var pieces = new ArrayList<List<Tensor>>();
    long assemble = 0;
    long compute = 0;
    long queue = Long.MAX_VALUE;
    var waited = WaitReason.NONE;
    for (var answer : answers) {
      if (answer != null) {
        pieces.add(answer.outputs());
        waited = answer.timings().queueNanos() < queue ? answer.timings().reason() : waited;
        queue = Math.min(queue, answer.timings().queueNanos());
        assemble += answer.timings().assembleNanos();
        compute += answer.timings().computeNanos();
      }
    }
    var outputs = OutputRows.join(pieces);
    closeAnswers();
    return new Joined(outputs, new BatchTimings(queue, assemble, compute, maxRows, waited));
  }

  private record Joined(List<Tensor> outputs, BatchTimings timings) implements BatchResult {
    @Override
    public void close() {}
  }
}
