package dev.millrace.serving.scheduling;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What one model had of one device. Its virtual time is the time it ran, divided by its weight: of
 * two models that always want the device the one with less is behind.
 */
final class Account {
  private final double weight;
  private final int width;
  private final AtomicLong served = new AtomicLong();
  private final AtomicInteger running = new AtomicInteger();

  /** When the last run began; of several at once the last, which makes their age a little short. */
  private volatile long startedNanos;

  /** Whether the ledger lists it; written under the device's lock. */
  private volatile boolean listed;

  /** Guarded by the device's lock. */
  private int waiting;

  /** Until when it is expected back. Guarded by the device's lock. */
  private long claimedUntilNanos = Long.MIN_VALUE;

  /**
   * For one model.
   *
   * @param weight its share against those of others
   * @param width how much of the device's capacity one run takes
   */
  Account(double weight, int width) {
    this.weight = weight;
    this.width = width;
  }

  int width() {
    return width;
  }

  int running() {
    return running.get();
  }

  int waiting() {
    return waiting;
  }

  boolean isListed() {
    return listed;
  }

  void start(long nowNanos) {
    startedNanos = nowNanos;
    running.incrementAndGet();
  }

  void stop(long nanos) {
    if (nanos > 0) {
      served.addAndGet((long) (nanos / weight));
    }
    running.decrementAndGet();
  }

  /**
   * Nothing that was not used is kept for later: whoever comes back begins where the others are.
   */
  void atLeast(long virtualNanos) {
    if (served.get() < virtualNanos) {
      served.accumulateAndGet(virtualNanos, Math::max);
    }
  }

  long served() {
    return served.get();
  }

  /** The runs under way count as far as they have come, or a long one would stop everybody. */
  long virtualNanos(long nowNanos) {
    int runs = running.get();
    long age = runs == 0 ? 0 : Math.max(nowNanos - startedNanos, 0);
    return served.get() + (long) (runs * age / weight);
  }

  /** How long it takes to come so much further. */
  long nanosFor(long virtual) {
    return (long) (virtual * weight / Math.max(running.get(), 1));
  }

  void list(boolean isListed) {
    listed = isListed;
  }

  void await(int more) {
    waiting += more;
  }

  void claimUntil(long nanos) {
    claimedUntilNanos = nanos;
  }

  void dropClaim() {
    claimedUntilNanos = Long.MIN_VALUE;
  }

  boolean claims(long nowNanos) {
    return claimedUntilNanos > nowNanos;
  }

  boolean isPresent(long nowNanos) {
    return running.get() > 0 || waiting > 0 || claims(nowNanos);
  }
}
