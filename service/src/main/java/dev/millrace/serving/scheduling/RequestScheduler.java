package dev.millrace.serving.scheduling;

import java.util.concurrent.CompletionStage;

/** Answers the requests of one version of a model. Thread-safe. */
public interface RequestScheduler extends AutoCloseable {
  /**
   * Puts whoever will be answered in line, where answers leave in the order of these calls; the
   * same where they leave as they are ready. Each one in line must be told its outcome.
   */
  Outcome inLine(Outcome outcome);

  /**
   * Queues a request. Never blocks and never throws: what goes wrong is the outcome, delivered on
   * its home like an answer.
   */
  void submit(ScheduledRequest request);

  /** Requests of models that one request becomes; more than 1 where an ensemble asks others. */
  default int requests() {
    return 1;
  }

  /** Completes when nothing is left that could answer; requests are refused from then on. */
  CompletionStage<Void> lost();

  /** Whether clients expect more of it than the requests that it has. */
  default boolean isExpected() {
    return false;
  }

  /** Told when no more requests will come; those that wait for others to come are refused. */
  default void retire() {}

  /**
   * Refuses new requests with NotReady, lets queued ones finish for a while, fails the rest, and
   * gives memory back. Blocks; idempotent.
   */
  @Override
  void close();
}
