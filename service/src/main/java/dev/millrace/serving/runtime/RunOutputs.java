package dev.millrace.serving.runtime;

import dev.millrace.serving.tensor.Tensor;
import java.util.List;

/** The outputs of one run, in memory that is reused once they are closed. */
public interface RunOutputs extends AutoCloseable {
  /** All outputs, in the order of the signature. */
  List<Tensor> tensors();

  /** Gives the memory back; called once, from any thread, even after the model was closed. */
  @Override
  void close();
}
