package dev.millrace.serving.scheduling;

/**
 * Decides when to run what. It takes a preferred size at once, and else what fits as soon as
 * nothing more fits, or the oldest request has waited its delay, or waiting longer would miss a
 * deadline. A batch that may not grow any further, because others want the device, is full. With a
 * delay of zero it never waits: under load the queue fills while a batch runs, so batches grow by
 * themselves, and an idle server answers without delay. What the queue view holds has been cut
 * before the first member whose company would cost another one its deadline.
 */
final class BatchPolicy {
  private final int maxRows;
  private final int[] preferredRows;
  private final long delayNanos;

  /** Runs are never empty: what is first runs even when it has more than the largest size. */
  BatchPolicy(int maxRows, int[] preferredRows, long delayNanos) {
    this.maxRows = maxRows;
    this.preferredRows = preferredRows;
    this.delayNanos = delayNanos;
  }

  BatchDecision decide(QueueView queue, long nowNanos) {
    int mostRows = Math.min(maxRows, queue.mostRows());
    int preferred = preferredCount(queue, mostRows);
    if (preferred > 0) {
      return new BatchDecision.Run(preferred);
    }
    int fitting = 1;
    int rows = queue.rows(0);
    while (fitting < queue.count() && rows + queue.rows(fitting) <= mostRows) {
      rows += queue.rows(fitting++);
    }
    boolean full = rows >= mostRows || fitting < queue.count() || queue.isClosed();
    long waitNanos = full || delayNanos == 0 ? 0 : waitNanos(queue, nowNanos);
    return waitNanos <= 0
        ? new BatchDecision.Run(fitting)
        : new BatchDecision.LookAgain(nowNanos + waitNanos);
  }

  /** How many of the first make up the largest preferred size that can be made; 0 for none. */
  private int preferredCount(QueueView queue, int mostRows) {
    int found = 0;
    int rows = 0;
    for (int i = 0; i < queue.count() && preferredRows.length > 0 && rows < mostRows; i++) {
      rows += queue.rows(i);
      found = isPreferred(rows) ? i + 1 : found;
    }
    return found;
  }

  private boolean isPreferred(int rows) {
    for (int preferred : preferredRows) {
      if (preferred == rows) {
        return true;
      }
    }
    return false;
  }

  private long waitNanos(QueueView queue, long nowNanos) {
    long wait = Long.MAX_VALUE;
    for (int i = 0; i < queue.count(); i++) {
      wait = Math.min(wait, queue.submittedNanos(i) + delayNanos - nowNanos);
      if (queue.latestStartNanos(i) != Long.MAX_VALUE) {
        wait = Math.min(wait, queue.latestStartNanos(i) - nowNanos);
      }
    }
    return wait;
  }
}
