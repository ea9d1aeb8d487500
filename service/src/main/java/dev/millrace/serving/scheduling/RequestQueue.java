package dev.millrace.serving.scheduling;

import dev.millrace.serving.telemetry.ModelMeters;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What waits for the workers of one model. Submitting touches only atomics; the lanes behind the
 * inbox belong to the workers, which take turns with a lock.
 */
final class RequestQueue {
  /** Parts looked at for one batch; beyond, parts that cannot share the first one's batch wait. */
  private static final int MOST_LOOKED_AT = 512;

  private final SchedulerSettings settings;
  private final ModelMeters meters;
  private final ComputeTimes times;
  private final BatchPolicy policy;
  private final BatchPolicy hurried;
  private final Inbox inbox = new Inbox();
  private final AtomicInteger pendingRows = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by lock, as what is in them. */
  private final Lane[] lanes;

  /** Rows a batch may have; 0 where every request runs alone. */
  private volatile int maxBatchRows;

  private volatile boolean closing;

  RequestQueue(
      SchedulerSettings settings, int maxBatchRows, ModelMeters meters, ComputeTimes times) {
    this.settings = settings;
    this.maxBatchRows = maxBatchRows;
    this.meters = meters;
    this.times = times;
    int[] preferred = settings.preferredBatchRows().stream().mapToInt(Integer::intValue).toArray();
    policy = new BatchPolicy(maxBatchRows, preferred, settings.maxQueueDelay().toNanos());
    hurried = new BatchPolicy(maxBatchRows, preferred, 0);
    lanes = new Lane[settings.priorityLevels()];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = new Lane();
    }
  }

  int maxBatchRows() {
    return maxBatchRows;
  }

  /** From now on every request runs alone. */
  void stopBatching() {
    maxBatchRows = 0;
  }

  int pendingRows() {
    return pendingRows.get();
  }

  /** Reserves room for a request; false when it does not fit. */
  boolean reserve(int rows) {
    if (pendingRows.addAndGet(rows) <= settings.maxQueueRows()) {
      return true;
    }
    pendingRows.addAndGet(-rows);
    return false;
  }

  /** Queues a part whose rows were reserved. */
  void push(Part part) {
    if (part.startsRequest()) {
      meters.queued();
    }
    inbox.push(part);
  }

  boolean hasArrivals() {
    return !inbox.isEmpty();
  }

  /** Makes workers take what is there without delay. */
  void close() {
    closing = true;
  }

  boolean isClosing() {
    return closing;
  }

  /** Takes out everything, as what is not wanted any more. */
  void drainTo(Batch batch) {
    lock.lock();
    try {
      batch.clear();
      sortArrivals();
      for (var lane : lanes) {
        for (var part = lane.head(); part != null; part = part.next) {
          take(part);
          batch.addUnwanted(part);
        }
        lane.removeTaken(Integer.MAX_VALUE);
      }
    } finally {
      lock.unlock();
    }
  }

  /** The same without a bound on the time of the run. */
  @Nullable BatchDecision next(long nowNanos, Batch batch) {
    return next(nowNanos, batch, Long.MAX_VALUE);
  }

  /**
   * Fills the batch with what runs now, and with what is not wanted any more.
   *
   * @param longestRunNanos a batch grows no further than what is expected to run so long
   * @return null when nothing waits
   */
  @Nullable BatchDecision next(long nowNanos, Batch batch, long longestRunNanos) {
    lock.lock();
    try {
      batch.clear();
      sortArrivals();
      collect(nowNanos, batch, times.rowsWithin(longestRunNanos, Math.max(maxBatchRows, 1)));
      var decision = batch.count() == 0 ? null : decide(nowNanos, batch);
      batch.keep(decision instanceof BatchDecision.Run(int count) ? count : 0);
      remove(batch);
      return decision;
    } finally {
      lock.unlock();
    }
  }

  /** Whether something waits that another worker could take. */
  boolean hasMore() {
    return pendingRows.get() > 0;
  }

  /** Nothing comes to wait for when the queue closes or every request runs alone. */
  private BatchDecision decide(long nowNanos, Batch batch) {
    return (closing || maxBatchRows == 0 ? hurried : policy).decide(batch, nowNanos);
  }

  private void sortArrivals() {
    var part = inbox.takeAll();
    while (part != null) {
      var following = part.next;
      lanes[level(part.request.priority()) - 1].append(part);
      part = following;
    }
  }

  private int level(int priority) {
    return priority <= 0 ? settings.defaultPriority() : Math.min(priority, lanes.length);
  }

  private void collect(long nowNanos, Batch batch, int mostRows) {
    int looksLeft = MOST_LOOKED_AT;
    for (var lane : lanes) {
      var part = lane.head();
      while (part != null && looksLeft > 0 && batch.rows() < mostRows) {
        looksLeft--;
        if (isUnwanted(part, nowNanos)) {
          batch.addUnwanted(part);
        } else if (batch.count() == 0 || part.fits(batch.parts().getFirst())) {
          batch.add(part);
        }
        part = part.next;
      }
    }
  }

  private boolean isUnwanted(Part part, long nowNanos) {
    if (part.isSettled() || part.request.outcome().cancelled()) {
      return true;
    }
    long deadline = part.request.deadlineNanos();
    return deadline != Long.MAX_VALUE
        && deadline - nowNanos < Math.max(times.expectedNanos(part.rows), 1);
  }

  private void remove(Batch batch) {
    int left = batch.count() + batch.unwanted().size();
    for (int i = 0; i < batch.count(); i++) {
      take(batch.parts().get(i));
    }
    for (int i = 0; i < batch.unwanted().size(); i++) {
      take(batch.unwanted().get(i));
    }
    for (int i = 0; i < lanes.length && left > 0; i++) {
      left -= lanes[i].removeTaken(left);
    }
  }

  private void take(Part part) {
    part.taken = true;
    pendingRows.addAndGet(-part.rows);
    if (part.startsRequest()) {
      meters.dequeued();
    }
  }
}
