package dev.millrace.serving.runtime;

import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;

/**
 * One loaded copy of a model on one device. Owned by one worker thread at a time; {@link #close}
 * gives its memory back and must not run beside a run.
 */
public interface ExecutableModel extends AutoCloseable {
  /** What the model file declares. */
  Signature signature();

  /** The device it is on, as people read it: {@code cpu} or {@code cuda:0}. */
  String device();

  /**
   * Makes inputs known to the runtime.
   *
   * @param inputs all of them, in the order of the signature, with concrete shapes; their memory
   *     must stay valid until the batch is closed
   * @throws ModelRunException when the runtime refuses them
   */
  BoundBatch bind(List<Tensor> inputs);

  @Override
  void close();
}
