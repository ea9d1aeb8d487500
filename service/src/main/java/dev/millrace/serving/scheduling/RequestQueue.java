package dev.millrace.serving.scheduling;

import dev.millrace.serving.telemetry.ModelMeters;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What waits for the workers of one model. Submitting touches only atomics; the lanes behind the
 * inbox belong to the workers, which take turns with a lock.
 */
final class RequestQueue {
  /** Parts looked at for one batch; beyond, parts that cannot share the first one's batch wait. */
  private static final int MOST_LOOKED_AT = 512;

  private final ModelMeters meters;
  private final Learned learned;
  private final ComputeTimes times;
  private final BatchPolicy policy;
  private final BatchPolicy hurried;
  private final Inbox inbox = new Inbox();
  private final WaitingRows rows;
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by lock, as what is in them. */
  private final Lanes lanes;

  /** By level; absent where no level has rules of its own. */
  private final QueuePolicy @Nullable [] policies;

  /** Rows a batch may have; 0 where every request runs alone. */
  private volatile int maxBatchRows;

  private volatile boolean closing;

  /** Whether arrivals were sorted since a worker looked; workers would take the inbox for empty. */
  private volatile boolean sorted;

  RequestQueue(SchedulerSettings settings, int maxBatchRows, ModelMeters meters, Learned learned) {
    this.maxBatchRows = maxBatchRows;
    this.meters = meters;
    this.learned = learned;
    times = learned.times();
    int[] preferred = settings.preferredBatchRows().stream().mapToInt(Integer::intValue).toArray();
    policy = new BatchPolicy(maxBatchRows, preferred, settings.maxQueueDelay().toNanos());
    hurried = new BatchPolicy(maxBatchRows, preferred, 0);
    lanes = new Lanes(settings.queue());
    policies = settings.queue().hasPolicies() ? policies(settings.queue()) : null;
    rows = new WaitingRows(settings.queue(), learned.goal() != null || policies != null);
  }

  private static QueuePolicy[] policies(QueueSettings settings) {
    var byLevel = new QueuePolicy[settings.levels() + 1];
    for (int level = 0; level < byLevel.length; level++) {
      byLevel[level] = settings.policy(level);
    }
    return byLevel;
  }

  int maxBatchRows() {
    return maxBatchRows;
  }

  /** From now on every request runs alone. */
  void stopBatching() {
    maxBatchRows = 0;
  }

  int pendingRows() {
    return rows.all();
  }

  WaitingRows rows() {
    return rows;
  }

  /** When a request of this level must be answered. */
  long deadlineNanos(int level, long requestedNanos, long nowNanos) {
    return policies == null
        ? requestedNanos
        : policies[level].deadlineNanos(requestedNanos, nowNanos);
  }

  /** Whether what is too late is refused, and not run behind the others. */
  boolean refusesLate(int level) {
    return policies == null || policies[level].action() == QueuePolicy.Action.REJECT;
  }

  /** Queues a part whose rows were reserved. */
  void push(Part part) {
    if (part.startsRequest()) {
      meters.queued();
    }
    inbox.push(part);
  }

  boolean hasArrivals() {
    return !inbox.isEmpty() || sorted;
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
      lanes.rewind();
      for (var part = lanes.next(0); part != null; part = lanes.next(0)) {
        batch.addUnwanted(part);
      }
      remove(batch);
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
      sorted = false;
      sortArrivals();
      batch.clear(times.rowsWithin(longestRunNanos, Math.max(maxBatchRows, 1)));
      collect(nowNanos, batch);
      while (postponed(batch)) {
        batch.clear(batch.mostRows());
        collect(nowNanos, batch);
      }
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
    return rows.all() > 0;
  }

  /**
   * Takes out what is not wanted any more, while the workers may all be busy.
   *
   * @return the next deadline of what still waits; {@link Long#MAX_VALUE} for none
   */
  long sweep(long nowNanos, Batch batch) {
    lock.lock();
    try {
      batch.clear();
      sorted |= sortArrivals();
      long next = Long.MAX_VALUE;
      lanes.rewind();
      for (var part = lanes.next(nowNanos); part != null; part = lanes.next(nowNanos)) {
        if (isUnwanted(part, nowNanos)) {
          batch.addUnwanted(part);
        } else if (!part.delayed) {
          next = Math.min(next, part.deadlineNanos);
        }
      }
      postponed(batch);
      remove(batch);
      return next;
    } finally {
      lock.unlock();
    }
  }

  /** Nothing comes to wait for when the queue closes or every request runs alone. */
  private BatchDecision decide(long nowNanos, Batch batch) {
    return (closing || maxBatchRows == 0 ? hurried : policy(nowNanos)).decide(batch, nowNanos);
  }

  private BatchPolicy policy(long nowNanos) {
    var goal = learned.goal();
    return goal == null
        ? policy
        : goal.policy(nowNanos, maxBatchRows, learned.forecast().workers());
  }

  /** Whether there were any. */
  private boolean sortArrivals() {
    var part = inbox.takeAll();
    boolean any = part != null;
    while (part != null) {
      var following = part.next;
      lanes.append(part);
      part = following;
    }
    return any;
  }

  private void collect(long nowNanos, Batch batch) {
    int looksLeft = MOST_LOOKED_AT;
    lanes.rewind();
    while (looksLeft > 0 && batch.rows() < batch.mostRows() && !batch.isClosed()) {
      var part = lanes.next(nowNanos);
      if (part == null) {
        return;
      }
      // What is not wanted leaves the queue, and is no reason to stop before what is.
      if (isUnwanted(part, nowNanos)) {
        batch.addUnwanted(part);
      } else {
        looksLeft--;
        batch.addIfFitting(part, nowNanos);
      }
    }
  }

  private boolean isUnwanted(Part part, long nowNanos) {
    if (part.isForgotten()) {
      return true;
    }
    long deadline = part.deadlineNanos;
    if (deadline == Long.MAX_VALUE || part.delayed) {
      return false;
    }
    return refusesLate(part.level)
        ? deadline - nowNanos < Math.max(times.expectedNanos(part.rows), 1)
        : deadline - nowNanos <= 0;
  }

  private void remove(Batch batch) {
    int left = batch.count() + batch.unwanted().size();
    for (int i = 0; i < batch.count(); i++) {
      take(batch.parts().get(i));
    }
    for (int i = 0; i < batch.unwanted().size(); i++) {
      take(batch.unwanted().get(i));
    }
    lanes.removeTaken(left);
  }

  /** What is late, but runs all the same, goes behind the others; whether there is any. */
  private boolean postponed(Batch batch) {
    int found = 0;
    for (int i = 0; policies != null && i < batch.unwanted().size(); i++) {
      var part = batch.unwanted().get(i);
      if (!part.isForgotten() && !refusesLate(part.level)) {
        part.taken = true;
        part.delayed = true;
        found++;
      }
    }
    if (found > 0) {
      lanes.removeTaken(found);
      putBack(batch);
    }
    return found > 0;
  }

  private void putBack(Batch batch) {
    var unwanted = batch.unwanted();
    int kept = 0;
    for (int i = 0; i < unwanted.size(); i++) {
      var part = unwanted.get(i);
      if (part.taken) {
        part.taken = false;
        lanes.append(part);
      } else {
        unwanted.set(kept++, part);
      }
    }
    unwanted.subList(kept, unwanted.size()).clear();
  }

  private void take(Part part) {
    part.taken = true;
    rows.release(part.rows, part.level);
    if (part.startsRequest()) {
      meters.dequeued();
    }
  }
}
