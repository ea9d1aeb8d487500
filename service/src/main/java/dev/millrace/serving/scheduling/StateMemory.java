package dev.millrace.serving.scheduling;

import java.util.concurrent.atomic.AtomicLong;

/** The memory that the states of one model's sequences may take together. Thread-safe. */
final class StateMemory {
  private final long mostBytes;
  private final AtomicLong taken = new AtomicLong();

  StateMemory(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** Takes so much; false, and nothing is taken, where there is no room. */
  boolean reserve(long bytes) {
    if (taken.addAndGet(bytes) <= mostBytes) {
      return true;
    }
    release(bytes);
    return false;
  }

  void release(long bytes) {
    taken.addAndGet(-bytes);
  }

  long taken() {
    return taken.get();
  }
}
