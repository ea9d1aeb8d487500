package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.scheduling.BatchTimings;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;

/** An answer of model {@code m}, version {@code 1}, that remembers whether it was closed. */
class FakeAnswer implements InferenceAnswer {
  private final List<Tensor> outputs;
  private volatile boolean closed;

  FakeAnswer(List<Tensor> outputs) {
    this.outputs = outputs;
  }

  boolean closed() {
    return closed;
  }

  @Override
  public String model() {
    return "m";
  }

  @Override
  public String version() {
    return "1";
  }

  @Override
  public List<Tensor> outputs() {
    return outputs;
  }

  @Override
  public BatchTimings timings() {
    return new BatchTimings(1_500, 20_000, 3_000_000, 4);
  }

  @Override
  public void close() {
    closed = true;
  }
}
