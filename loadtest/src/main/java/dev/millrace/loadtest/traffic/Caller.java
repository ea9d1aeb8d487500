package dev.millrace.loadtest.traffic;

import org.jspecify.annotations.Nullable;

/**
 * Somebody who has at most one request in flight. Lives on its event loop: call it from there only.
 */
public interface Caller {
  /** Sends the request; not before the one sent last was answered. */
  void send(Outcome outcome);

  /** Whom the answer is told, once, on the event loop. */
  interface Outcome {
    /** The request was answered; a failure is a sentence, success is null. */
    void answered(@Nullable String failure);

    /**
     * The server has too much to do, or no time left before the request's deadline. Told by HTTP
     * callers only: gRPC's status of a busy server is also that of a lost connection.
     */
    default void refused(String reason) {
      answered(reason);
    }
  }
}
