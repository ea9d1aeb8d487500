package dev.millrace.serving.scheduling;

/** One worker that stands in line for a {@link FairDevice}. Guarded by the device's lock. */
final class Waiter {
  final Account account;
  final long sinceNanos;
  final Thread thread = Thread.currentThread();

  /** Whether it may run; also read without the lock. */
  volatile boolean letGo;

  /** After how long it looks again by itself; also read without the lock. */
  volatile long lookNanos;

  Waiter(Account account, long sinceNanos) {
    this.account = account;
    this.sinceNanos = sinceNanos;
  }
}
