package dev.millrace.store.edge;

/** Who sent a request, and waits for its answer. */
@FunctionalInterface
public interface Caller {
  /** Whether its connection is still open; asked on the thread of the request. */
  boolean isThere();
}
