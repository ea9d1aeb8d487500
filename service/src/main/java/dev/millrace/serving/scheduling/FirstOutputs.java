package dev.millrace.serving.scheduling;

import dev.millrace.serving.tensor.Tensor;
import java.util.List;

/** A result of which its client sees only so many outputs, the first ones. */
record FirstOutputs(BatchResult result, int count) implements BatchResult {
  @Override
  public List<Tensor> outputs() {
    return result.outputs().subList(0, count);
  }

  @Override
  public BatchTimings timings() {
    return result.timings();
  }

  @Override
  public void close() {
    result.close();
  }
}
