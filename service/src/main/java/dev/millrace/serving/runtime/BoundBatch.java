package dev.millrace.serving.runtime;

/**
 * Inputs in memory that the runtime knows, so that preparing them costs once and running them many
 * times costs nothing more. The elements may change between runs, the shapes may not.
 */
public interface BoundBatch extends AutoCloseable {
  /**
   * Runs the model once, on the thread that owns it.
   *
   * @return the outputs; the caller closes them
   * @throws ModelRunException when the runtime refuses or breaks
   */
  RunOutputs run();

  /** Forgets the inputs; their memory stays the caller's. */
  @Override
  void close();
}
