package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import org.jspecify.annotations.Nullable;

/**
 * Refuses at submission what cannot be answered in time, so that it costs neither compute nor its
 * caller's patience. Costs nothing where neither a goal nor a deadline is set. Thread-safe.
 */
final class Admission {
  private final RequestQueue queue;
  private final Learned learned;
  private final Refusals refusals;

  Admission(RequestQueue queue, Learned learned, Refusals refusals) {
    this.queue = queue;
    this.learned = learned;
    this.refusals = refusals;
  }

  /**
   * Why the request is not worth queueing; null when it is.
   *
   * @param deadlineNanos {@link Long#MAX_VALUE} for none
   */
  @Nullable InferenceFailure objection(int rows, int level, long deadlineNanos, long nowNanos) {
    var goal = learned.goal();
    if (goal != null) {
      goal.arrived(rows);
    }
    boolean hasDeadline = deadlineNanos != Long.MAX_VALUE && queue.refusesLate(level);
    return goal == null && !hasDeadline
        ? null
        : objection(
            rows, level, hasDeadline ? deadlineNanos - nowNanos : Long.MAX_VALUE, goal, nowNanos);
  }

  private @Nullable InferenceFailure objection(
      int rows, int level, long leftNanos, @Nullable LatencyGoal goal, long nowNanos) {
    int ahead = queue.rows().ahead(level);
    int batchRows = goal == null ? queue.maxBatchRows() : goal.batchRows();
    double rate = goal == null ? 0 : goal.rowsPerNano();
    long expected = learned.forecast().nanos(ahead, rows, batchRows, rate, nowNanos);
    if (leftNanos < expected) {
      forget(ahead, rows);
      return leftNanos <= 0 ? refusals.expired(0) : refusals.wouldExpire(leftNanos, expected, rows);
    }
    if (goal != null && expected > goal.budgetNanos()) {
      forget(ahead, rows);
      return refusals.wouldMissGoal(expected, goal.budgetNanos(), queue.pendingRows());
    }
    return null;
  }

  /** Where nothing runs, nothing else would correct an expectation that is wrong. */
  private void forget(int ahead, int rows) {
    if (ahead == 0 && learned.forecast().isIdle()) {
      learned.refused(rows);
    }
  }
}
