package dev.millrace.serving.api.edge;

/** Is told of every request that was answered before Spring, on the event loop. */
@FunctionalInterface
public interface AnswerObserver {
  /**
   * A request was answered.
   *
   * @param nanos from the end of its head until the answer was handed to the socket
   */
  void answered(int status, long nanos);
}
