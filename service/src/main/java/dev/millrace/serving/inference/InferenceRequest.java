package dev.millrace.serving.inference;

import dev.millrace.serving.scheduling.CacheUse;
import dev.millrace.serving.scheduling.SequenceTag;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A prediction that a protocol decoded.
 *
 * @param version absent for the live one
 * @param inputs in any order; their memory stays the caller's and must stay valid until the reply
 * @param outputs names of the outputs wanted, empty for all
 * @param deadlineNanos on {@link dev.millrace.serving.time.NanoClock}; {@link Long#MAX_VALUE} for
 *     none
 * @param priority 1 is the highest, 0 the default of the model
 * @param cacheUse of the model's response cache, where it has one
 * @param sequence null for a request that stands for itself
 */
public record InferenceRequest(
    String model,
    @Nullable String version,
    List<Tensor> inputs,
    List<String> outputs,
    long deadlineNanos,
    int priority,
    CacheUse cacheUse,
    @Nullable SequenceTag sequence) {
  /** One that stands for itself. */
  public InferenceRequest(
      String model,
      @Nullable String version,
      List<Tensor> inputs,
      List<String> outputs,
      long deadlineNanos,
      int priority,
      CacheUse cacheUse) {
    this(model, version, inputs, outputs, deadlineNanos, priority, cacheUse, null);
  }

  /** One that may be answered from the cache. */
  public InferenceRequest(
      String model,
      @Nullable String version,
      List<Tensor> inputs,
      List<String> outputs,
      long deadlineNanos,
      int priority) {
    this(model, version, inputs, outputs, deadlineNanos, priority, CacheUse.FULL);
  }
}
