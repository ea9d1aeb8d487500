package dev.millrace.serving.lifecycle;

import dev.millrace.serving.failure.InferenceFailure;

/**
 * A request for a model that has to be loaded first. Exactly one of {@link #leased} and {@link
 * #failed} is called, once, on a thread that must not be held up.
 */
public interface LeaseWaiter {
  /** When it gives up, on the engine's clock; {@link Long#MAX_VALUE} for never. */
  long deadlineNanos();

  /** Whether nobody waits any more. */
  boolean cancelled();

  /**
   * The model is loaded.
   *
   * @param lease the callee closes it
   * @param waitedNanos how long that took
   */
  void leased(ModelLease lease, long waitedNanos);

  /** There will be no lease. */
  void failed(InferenceFailure failure);
}
