package dev.millrace.serving.scheduling;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Where any thread leaves parts and a worker collects them all: a stack that is taken whole and
 * turned around, so that neither side ever waits for the other.
 */
final class Inbox {
  private final AtomicReference<@Nullable Part> newest = new AtomicReference<>();

  void push(Part part) {
    Part before;
    do {
      before = newest.get();
      part.next = before;
    } while (!newest.compareAndSet(before, part));
  }

  boolean isEmpty() {
    return newest.get() == null;
  }

  /** Everything, linked oldest first; null when there is nothing. */
  @Nullable Part takeAll() {
    Part rest = newest.get() == null ? null : newest.getAndSet(null);
    Part oldestFirst = null;
    while (rest != null) {
      var following = rest.next;
      rest.next = oldestFirst;
      oldestFirst = rest;
      rest = following;
    }
    return oldestFirst;
  }
}
