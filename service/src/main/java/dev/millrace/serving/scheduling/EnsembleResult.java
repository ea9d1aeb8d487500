package dev.millrace.serving.scheduling;

import dev.millrace.serving.tensor.Tensor;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** The answer of an ensemble: views on answers of its steps, which it keeps open. */
final class EnsembleResult implements BatchResult {
  private final List<Tensor> outputs;
  private final BatchTimings timings;
  private final List<BatchResult> answers;
  private final AtomicBoolean open = new AtomicBoolean(true);

  /** Takes over the answers. */
  EnsembleResult(List<Tensor> outputs, BatchTimings timings, List<BatchResult> answers) {
    this.outputs = outputs;
    this.timings = timings;
    this.answers = answers;
  }

  @Override
  public List<Tensor> outputs() {
    return outputs;
  }

  @Override
  public BatchTimings timings() {
    return timings;
  }

  @Override
  public void close() {
    if (open.compareAndSet(true, false)) {
      answers.forEach(BatchResult::close);
    }
  }
}
