package dev.millrace.serving.modelconfig;

import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import org.jspecify.annotations.Nullable;

/**
 * How a declared input or output lies over one of the model's file.
 *
 * @param served as clients see it
 * @param index in the file's own order
 * @param reshape towards the other side: of an input into the file's shape, of an output out of it;
 *     null where the shapes are the same
 */
record TensorPlan(TensorSpec served, int index, @Nullable Reshape reshape) {
  Tensor applied(Tensor tensor) {
    return reshape == null
        ? tensor
        : new Tensor(tensor.name(), tensor.type(), reshape.of(tensor.shape()), tensor.data());
  }
}
