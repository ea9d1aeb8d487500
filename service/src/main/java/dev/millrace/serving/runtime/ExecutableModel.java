package dev.millrace.serving.runtime;

import dev.millrace.serving.tensor.Signature;

/**
 * One loaded copy of a model on one device. Owned by one worker thread at a time; {@link #close}
 * gives its memory back and must not run beside a run.
 */
public interface ExecutableModel extends AutoCloseable {
  /** What the model file declares. */
  Signature signature();

  /** The device it is on, as people read it: {@code cpu} or {@code cuda:0}. */
  String device();

  @Override
  void close();
}
