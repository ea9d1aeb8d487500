package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Takes what became of one request: exactly one of its two methods is called once, on its home. */
public interface Outcome {
  /**
   * Where it is called. Outcomes of one event loop return the same instance, so that the answers of
   * a batch are handed over by one task; {@code Runnable::run} means on the worker itself, briefly.
   * Waking a sleeping worker is deferred to this executor too.
   */
  Executor home();

  /** The answer; the callee closes it. */
  void completed(BatchResult result);

  /** No answer. */
  void failed(InferenceFailure failure);

  /** Whether nobody waits any more; any thread. */
  boolean cancelled();

  /** The ensembles that the request is made within; null for a client's own. */
  default @Nullable Nesting nesting() {
    return null;
  }
}
