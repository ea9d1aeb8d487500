package dev.millrace.serving.api.edge;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the inference requests that a protocol has accepted and not answered yet, so that a server
 * that stops can let them finish. Thread-safe.
 */
public final class InFlightRequests {
  private final AtomicInteger count = new AtomicInteger();
  private volatile boolean draining;

  /** A request was accepted; {@link #leave} follows exactly once. */
  public void enter() {
    count.incrementAndGet();
  }

  /** A request was answered, or its client went away. */
  public void leave() {
    count.decrementAndGet();
  }

  /** How many there are now. */
  public int count() {
    return count.get();
  }

  /**
   * From now on answers ask their clients to close the connection. Requests are accepted as before:
   * a client that has not noticed yet must not fail.
   */
  public void drain() {
    draining = true;
  }

  /** Whether the server is about to stop. */
  public boolean draining() {
    return draining;
  }
}
