package dev.millrace.serving.api.json;

import dev.millrace.serving.tensor.Tensor;
import java.util.List;

/**
 * Prints outputs in the two forms that TensorFlow Serving has: rows, each of them a value or an
 * object with a value of each output, and columns, a tensor or an object of tensors.
 */
public final class PredictOutputs {
  private PredictOutputs() {}

  /**
   * A list of rows.
   *
   * @throws dev.millrace.serving.failure.InferenceException with Invalid where the outputs do not
   *     have the same number of rows
   */
  public static void rows(JsonWriter json, List<Tensor> outputs) {
    long rows = rowCount(outputs);
    var writers = outputs.stream().map(output -> new NestedWriter(json, output)).toList();
    json.raw('[');
    for (long row = 0; row < rows; row++) {
      if (row > 0) {
        json.raw(',');
      }
      writeRow(json, outputs, writers);
    }
    json.raw(']');
  }

  /** A tensor, or an object with one for each output. */
  public static void columns(JsonWriter json, List<Tensor> outputs) {
    if (outputs.size() == 1) {
      new NestedWriter(json, outputs.getFirst()).whole();
      return;
    }
    char before = '{';
    for (var output : outputs) {
      key(json, before, output.name());
      new NestedWriter(json, output).whole();
      before = ',';
    }
    json.raw('}');
  }

  private static void writeRow(JsonWriter json, List<Tensor> outputs, List<NestedWriter> writers) {
    if (writers.size() == 1) {
      writers.getFirst().row();
      return;
    }
    for (int i = 0; i < writers.size(); i++) {
      key(json, i == 0 ? '{' : ',', outputs.get(i).name());
      writers.get(i).row();
    }
    json.raw('}');
  }

  private static void key(JsonWriter json, char before, String name) {
    json.raw(before);
    json.string(name);
    json.raw(':');
  }

  private static long rowCount(List<Tensor> outputs) {
    var first = outputs.getFirst();
    for (var output : outputs) {
      if (output.shape().rank() == 0 || output.shape().dimension(0) != first.shape().dimension(0)) {
        throw JsonBody.refusal(
            "Output '%s' has shape %s, and '%s' has %s, so the answer has no rows. Send 'inputs' instead of 'instances' to get each output as a whole."
                .formatted(output.name(), output.shape(), first.name(), first.shape()));
      }
    }
    return first.shape().dimension(0);
  }
}
