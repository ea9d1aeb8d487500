package dev.millrace.serving.inference;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.scheduling.Nesting;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Takes the outcome of one request, exactly once, on {@link #home()}. */
public interface InferenceReply {
  /**
   * Where the outcome is delivered: the event loop of the connection, so that the answers of one
   * batch to one loop are handed over by one task, or {@link Runnable#run} to be called on the
   * worker itself, briefly and without blocking. Replies of one loop return the same instance. The
   * engine also defers waking a sleeping worker to this executor, so that requests of one loop turn
   * share a wake-up.
   */
  Executor home();

  /** The answer; the callee closes it. */
  void answered(InferenceAnswer answer);

  /**
   * Whether nobody waits for the outcome any more, so that it need not be computed. Called from any
   * thread; an outcome is delivered all the same.
   */
  default boolean cancelled() {
    return false;
  }

  /** The ensembles that the request is made within; null for a client's own. */
  default @Nullable Nesting nesting() {
    return null;
  }

  /** The failure. */
  void failed(InferenceFailure failure);
}
