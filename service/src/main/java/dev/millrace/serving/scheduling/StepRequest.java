package dev.millrace.serving.scheduling;

import dev.millrace.serving.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one step of an ensemble asks of its model.
 *
 * @param version absent for the live one, whichever that is by then
 * @param inputs their memory must stay valid until the outcome
 * @param outputs names of those wanted, in this order
 * @param deadlineNanos of the request to the ensemble
 * @param priority of the request to the ensemble
 * @param sequence of the request to the ensemble; null where that stands for itself
 * @param cacheUse of the request to the ensemble
 */
public record StepRequest(
    String model,
    @Nullable String version,
    List<Tensor> inputs,
    List<String> outputs,
    long deadlineNanos,
    int priority,
    @Nullable SequenceTag sequence,
    CacheUse cacheUse) {}
