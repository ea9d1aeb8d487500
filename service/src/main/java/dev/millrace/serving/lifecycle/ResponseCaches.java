package dev.millrace.serving.lifecycle;

import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.time.NanoClock;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The memory that the response caches of all models take together.
 *
 * <p>Problem: each model's settings bound its own cache, and a thousand bounds add up to more than
 * the heap. Choice: one budget, of which each cache has a share in proportion to its own bound.
 * What others do not use of their shares is lent: a cache gives answers up for others only when the
 * budget is full, and first the one that is furthest beyond its share, its coldest answers first.
 * So a busy model cannot drive a quiet one below its share, and unused shares are not wasted. Cost:
 * one addition for each answer kept; while the budget is full, one look at all caches for each 64th
 * of it that is kept anew. Thread-safe.
 */
final class ResponseCaches {
  /** So much more than needed leaves at a time, so that not every answer has to make room. */
  private static final int SLACK = 64;

  private final long budgetBytes;
  private final NanoClock clock;
  private final AtomicLong usedBytes = new AtomicLong();
  private final Set<ResponseCache> open = ConcurrentHashMap.newKeySet();
  private final ReentrantLock makingRoom = new ReentrantLock();

  /**
   * Caches that share so many bytes.
   *
   * @param clock what their meters are measured with
   */
  ResponseCaches(long budgetBytes, NanoClock clock) {
    this.budgetBytes = budgetBytes;
    this.clock = clock;
  }

  /** One that holds so many bytes at most, until it is closed; none for 0. */
  @Nullable ResponseCache open(long mostBytes, ModelMeters meters) {
    if (mostBytes == 0) {
      return null;
    }
    var cache = new ResponseCache(Math.min(mostBytes, budgetBytes), this, meters, clock);
    open.add(cache);
    return cache;
  }

  /** What all of them hold, and what is about to be kept. */
  long usedBytes() {
    return usedBytes.get();
  }

  /** An answer is about to be kept: others leave where it does not fit. */
  void take(long bytes) {
    if (usedBytes.addAndGet(bytes) > budgetBytes) {
      makeRoom();
    }
  }

  /** An answer was forgotten. */
  void give(long bytes) {
    usedBytes.addAndGet(-bytes);
  }

  /** It was closed. */
  void leave(ResponseCache cache) {
    open.remove(cache);
  }

  private void makeRoom() {
    makingRoom.lock();
    try {
      long excess = usedBytes.get() - budgetBytes;
      while (excess > 0) {
        var borrower = furthestBeyondItsShare();
        if (borrower.isEmpty()) {
          return;
        }
        borrower.get().cache().shrink(borrower.get().gives(excess, budgetBytes / SLACK));
        excess = usedBytes.get() - budgetBytes;
      }
    } finally {
      makingRoom.unlock();
    }
  }

  private Optional<Borrower> furthestBeyondItsShare() {
    long wanted = open.stream().mapToLong(ResponseCache::mostBytes).sum();
    double part = Math.min((double) budgetBytes / wanted, 1);
    return open.stream()
        .map(cache -> new Borrower(cache, cache.bytes(), (long) (cache.mostBytes() * part)))
        .filter(borrower -> borrower.bytes() > 0)
        .max(Comparator.comparingLong(Borrower::borrowedBytes));
  }

  private record Borrower(ResponseCache cache, long bytes, long shareBytes) {
    long borrowedBytes() {
      return bytes - shareBytes;
    }

    /** What is needed and some more, and no more than was borrowed; one answer at least. */
    long gives(long excessBytes, long slackBytes) {
      return Math.clamp(borrowedBytes(), 1, excessBytes + slackBytes);
    }
  }
}
