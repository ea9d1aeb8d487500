package dev.millrace.serving.tensor;

import java.util.List;
import java.util.Optional;

/**
 * The inputs and outputs of a model, in the order the model declares them.
 *
 * @param batchable whether the first dimension of every input and output is its rows, so that rows
 *     of requests can share a run
 */
public record Signature(List<TensorSpec> inputs, List<TensorSpec> outputs, boolean batchable) {
  /** Copies the lists. */
  public Signature {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** Batchable where every input and output leaves its first dimension open. */
  public Signature(List<TensorSpec> inputs, List<TensorSpec> outputs) {
    this(
        inputs,
        outputs,
        inputs.stream().allMatch(Signature::hasOpenRows)
            && outputs.stream().allMatch(Signature::hasOpenRows));
  }

  /** The input with this name, if the model declares it. */
  public Optional<TensorSpec> input(String name) {
    return inputs.stream().filter(spec -> spec.name().equals(name)).findFirst();
  }

  /** The output with this name, if the model declares it. */
  public Optional<TensorSpec> output(String name) {
    return outputs.stream().filter(spec -> spec.name().equals(name)).findFirst();
  }

  private static boolean hasOpenRows(TensorSpec spec) {
    return spec.shape().rank() > 0 && spec.shape().dimension(0) == Shape.ANY;
  }
}
