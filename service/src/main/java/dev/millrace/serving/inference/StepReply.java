package dev.millrace.serving.inference;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.scheduling.BatchResult;
import dev.millrace.serving.scheduling.BatchTimings;
import dev.millrace.serving.scheduling.Nesting;
import dev.millrace.serving.scheduling.Outcome;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Takes the answer to one step of an ensemble. */
record StepReply(Outcome outcome) implements InferenceReply {
  @Override
  public Executor home() {
    return outcome.home();
  }

  @Override
  public @Nullable Nesting nesting() {
    return outcome.nesting();
  }

  @Override
  public boolean cancelled() {
    return outcome.cancelled();
  }

  @Override
  public void answered(InferenceAnswer answer) {
    outcome.completed(new Result(answer));
  }

  @Override
  public void failed(InferenceFailure failure) {
    outcome.failed(failure);
  }

  /** The answer, which keeps its model pinned until it is closed. */
  private record Result(InferenceAnswer answer) implements BatchResult {
    @Override
    public List<Tensor> outputs() {
      return answer.outputs();
    }

    @Override
    public BatchTimings timings() {
      return answer.timings();
    }

    @Override
    public void close() {
      answer.close();
    }
  }
}
