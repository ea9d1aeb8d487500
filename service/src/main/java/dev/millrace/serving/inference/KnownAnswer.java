package dev.millrace.serving.inference;

import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.scheduling.BatchResult;
import dev.millrace.serving.scheduling.BatchTimings;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;

/** An answer out of the response cache, which needs neither a lease nor memory given back. */
record KnownAnswer(ModelDescription description, List<Tensor> outputs)
    implements InferenceAnswer, BatchResult {
  private static final BatchTimings NO_TIME = new BatchTimings(0, 0, 0, 0);

  @Override
  public String model() {
    return description.model();
  }

  @Override
  public String version() {
    return description.version();
  }

  @Override
  public boolean batched() {
    return description.maxBatchRows() > 0;
  }

  @Override
  public List<String> labels(String output) {
    return description.labels(output);
  }

  @Override
  public BatchTimings timings() {
    return NO_TIME;
  }

  @Override
  public Source source() {
    return Source.CACHE;
  }

  @Override
  public void close() {}
}
