package dev.millrace.serving.scheduling;

import dev.millrace.serving.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request that fits the model's signature.
 *
 * @param inputs all of them, in the order of the signature; their memory must stay valid until the
 *     outcome
 * @param rows the first dimension that the inputs share; 1 where the model is not batchable
 * @param outputIndexes which outputs of the signature, in the order wanted; empty for all
 * @param deadlineNanos on the scheduler's clock; {@link Long#MAX_VALUE} for none
 * @param priority 1 is the highest, 0 the default
 * @param sequence null for a request that stands for itself
 * @param cacheUse of the response caches of the models that an ensemble asks for it; the model's
 *     own was looked into before
 */
public record ScheduledRequest(
    List<Tensor> inputs,
    int rows,
    List<Integer> outputIndexes,
    long deadlineNanos,
    int priority,
    Outcome outcome,
    @Nullable SequenceTag sequence,
    CacheUse cacheUse) {
  /** One that stands for itself and may be answered from caches. */
  public ScheduledRequest(
      List<Tensor> inputs,
      int rows,
      List<Integer> outputIndexes,
      long deadlineNanos,
      int priority,
      Outcome outcome) {
    this(inputs, rows, outputIndexes, deadlineNanos, priority, outcome, null, CacheUse.FULL);
  }
}
