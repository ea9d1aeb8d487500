package dev.millrace.serving.api.tfs;

import dev.millrace.serving.api.json.JsonBody;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The outputs that make a model a classifier: a score for each class, and perhaps the classes'
 * names. They are called as TensorFlow does, or are the only ones that they can be.
 *
 * @param scores floating-point, a row per example
 * @param classes strings of the same shape, empty where there are none
 */
record ScoredOutputs(String scores, String classes) {
  private static final String SCORES = "scores";
  private static final String CLASSES = "classes";

  static ScoredOutputs of(ModelDescription model) {
    var outputs = model.signature().outputs();
    var candidates = outputs.stream().filter(ScoredOutputs::hasScores).toList();
    var scores =
        candidates.stream()
            .filter(output -> output.name().equals(SCORES))
            .findFirst()
            .or(() -> only(candidates))
            .orElseThrow(
                () ->
                    JsonBody.refusal(
                        "Model '%s' cannot classify: it needs one floating-point output with a row of scores per example, or one such output named 'scores', and has %s. Ask for its outputs at :predict."
                            .formatted(model.model(), described(outputs))));
    return new ScoredOutputs(scores.name(), classes(outputs));
  }

  /** Outputs as an error names them. */
  static String described(List<TensorSpec> outputs) {
    return outputs.stream()
        .map(output -> "'%s' of %s %s".formatted(output.name(), output.type(), output.shape()))
        .collect(Collectors.joining(", "));
  }

  List<String> names() {
    return classes.isEmpty() ? List.of(scores) : List.of(scores, classes);
  }

  private static String classes(List<TensorSpec> outputs) {
    return outputs.stream()
        .filter(output -> output.name().equals(CLASSES) && output.type() == DataType.BYTES)
        .findFirst()
        .map(TensorSpec::name)
        .orElse("");
  }

  private static Optional<TensorSpec> only(List<TensorSpec> candidates) {
    return candidates.size() == 1 ? Optional.of(candidates.getFirst()) : Optional.empty();
  }

  private static boolean hasScores(TensorSpec output) {
    return isFloat(output.type()) && output.shape().rank() == 2;
  }

  static boolean isFloat(DataType type) {
    return type == DataType.FP32 || type == DataType.FP64;
  }
}
