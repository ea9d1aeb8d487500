package dev.millrace.serving.scheduling;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The ensembles that one request to a model is made within, and how many requests the client's one
 * may still become. That is counted over all of them: each ensemble is small when it is loaded, but
 * models that are swapped later could multiply. Thread-safe.
 */
public final class Nesting {
  private final int depth;

  /** Shared by all ensembles that work for the client's request. */
  private final AtomicInteger left;

  private Nesting(int depth, AtomicInteger left) {
    this.depth = depth;
    this.left = left;
  }

  /**
   * Of an ensemble that is asked.
   *
   * @param outer of its request; null where a client asks it
   */
  static Nesting within(@Nullable Nesting outer) {
    return outer == null
        ? new Nesting(1, new AtomicInteger(EnsembleScheduler.MOST_REQUESTS - 1))
        : new Nesting(outer.depth + 1, outer.left);
  }

  /** How many ensembles there are, from the client's to this one. */
  int depth() {
    return depth;
  }

  /** Lets these requests be made in place of one; false where that is too many. */
  boolean split(int requests) {
    return left.addAndGet(1 - requests) >= 0;
  }
}
