package dev.millrace.serving.api.tfs;

import dev.millrace.serving.api.json.JsonBody;
import dev.millrace.serving.api.json.JsonWriter;
import dev.millrace.serving.api.json.NestedWriter;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.List;

/** Prints one number per example. */
final class RegressAnswer {
  /** As TensorFlow calls it. */
  private static final String OUTPUT = "outputs";

  private RegressAnswer() {}

  /** The name of the output that a model regresses to. */
  static String output(ModelDescription model) {
    var outputs = model.signature().outputs();
    var candidates = outputs.stream().filter(RegressAnswer::hasOneValue).toList();
    return candidates.stream()
        .filter(output -> candidates.size() == 1 || output.name().equals(OUTPUT))
        .findFirst()
        .map(TensorSpec::name)
        .orElseThrow(
            () ->
                JsonBody.refusal(
                    "Model '%s' cannot regress: it needs one floating-point output with one number per example, or one such output named 'outputs', and has %s. Ask for its outputs at :predict."
                        .formatted(model.model(), ScoredOutputs.described(outputs))));
  }

  static void write(JsonWriter json, List<Tensor> outputs) {
    var values = outputs.getFirst();
    if (values.shape().rank() == 2 && values.shape().dimension(1) != 1) {
      throw JsonBody.refusal(
          "Output '%s' has shape %s; to regress it needs one number per example. Ask for it at :predict."
              .formatted(values.name(), values.shape()));
    }
    Results.write(json, () -> writeValues(json, values));
  }

  private static void writeValues(JsonWriter json, Tensor values) {
    var writer = new NestedWriter(json, values);
    json.raw('[');
    for (long example = 0; example < values.shape().dimension(0); example++) {
      if (example > 0) {
        json.raw(',');
      }
      writer.element();
    }
    json.raw(']');
  }

  private static boolean hasOneValue(TensorSpec output) {
    var shape = output.shape();
    return ScoredOutputs.isFloat(output.type())
        && (shape.rank() == 1 || (shape.rank() == 2 && Math.abs(shape.dimension(1)) == 1));
  }
}
