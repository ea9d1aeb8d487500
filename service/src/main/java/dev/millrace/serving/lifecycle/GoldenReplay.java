package dev.millrace.serving.lifecycle;

import dev.millrace.protocol.packaging.GoldenExample;
import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.protocol.packaging.TensorValue;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.runtime.ModelRunException;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.List;

/**
 * Asks a freshly opened copy of a model what its trainer recorded, so that a model that computes
 * something else is stopped before it answers anybody.
 */
final class GoldenReplay {
  private final ExecutableModel model;

  GoldenReplay(ExecutableModel model) {
    this.model = model;
  }

  /**
   * Throws {@link ModelLoadException} at the first example that is answered otherwise than
   * recorded.
   */
  void require(GoldenExamples golden) {
    for (int i = 0; i < golden.examples().size(); i++) {
      replay(golden.examples().get(i), i, golden.tolerance());
    }
  }

  private void replay(GoldenExample example, int index, double tolerance) {
    var inputs =
        model.signature().inputs().stream().map(spec -> input(spec, example, index)).toList();
    try (var batch = model.bind(inputs);
        var answer = batch.run()) {
      for (var recorded : example.outputs()) {
        compare(recorded, output(recorded, answer.tensors(), index), index, tolerance);
      }
    } catch (ModelRunException e) {
      throw new ModelLoadException(
          "Golden example %d cannot be computed: %s".formatted(index, e.getMessage()), e);
    }
  }

  private static Tensor input(TensorSpec spec, GoldenExample example, int index) {
    var value =
        example.inputs().stream()
            .filter(candidate -> candidate.name().equals(spec.name()))
            .findFirst()
            .orElseThrow(() -> mismatch(index, "has no input '" + spec.name() + "'"));
    var shape = shape(value);
    if (!value.datatype().equals(spec.type().name()) || !spec.shape().accepts(shape)) {
      throw mismatch(
          index,
          "has input '%s' as %s %s, and the model takes %s %s"
              .formatted(spec.name(), value.datatype(), shape, spec.type(), spec.shape()));
    }
    return Numbers.tensor(value.name(), spec.type(), shape, value.data());
  }

  private static Tensor output(TensorValue recorded, List<Tensor> answer, int index) {
    return answer.stream()
        .filter(tensor -> tensor.name().equals(recorded.name()))
        .findFirst()
        .orElseThrow(
            () ->
                mismatch(
                    index,
                    "records output '%s', and the model has none such".formatted(recorded.name())));
  }

  private static void compare(TensorValue recorded, Tensor actual, int index, double tolerance) {
    if (!shape(recorded).equals(actual.shape())) {
      throw mismatch(
          index,
          "records output '%s' with shape %s, and the model answers %s"
              .formatted(recorded.name(), shape(recorded), actual.shape()));
    }
    int worst = 0;
    double largest = 0;
    for (int i = 0; i < recorded.data().length; i++) {
      double difference = Math.abs(recorded.data()[i] - Numbers.at(actual, i));
      // A NaN in the answer is the largest difference there is.
      if (Double.isNaN(difference) || difference > largest) {
        worst = i;
        largest = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
      }
    }
    if (largest > tolerance) {
      throw mismatch(
          index,
          "differs in output '%s' by up to %s (element %d: recorded %s, answered %s), and the tolerance is %s"
              .formatted(
                  recorded.name(),
                  largest,
                  worst,
                  recorded.data()[worst],
                  Numbers.at(actual, worst),
                  tolerance));
    }
  }

  private static Shape shape(TensorValue value) {
    return Shape.of(value.shape().stream().mapToLong(Long::longValue).toArray());
  }

  private static ModelLoadException mismatch(int index, String what) {
    return new ModelLoadException(
        "Golden example %d %s. The file is not the model that was evaluated: export and register it again."
            .formatted(index, what),
        null);
  }
}
