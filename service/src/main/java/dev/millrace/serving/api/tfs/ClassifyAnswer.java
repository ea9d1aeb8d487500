package dev.millrace.serving.api.tfs;

import dev.millrace.serving.api.json.AnswerForm;
import dev.millrace.serving.api.json.JsonBody;
import dev.millrace.serving.api.json.JsonWriter;
import dev.millrace.serving.api.json.NestedWriter;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Prints a list of label and score pairs per example. A label comes from the model's output of
 * names, from its labels, or is empty, as TensorFlow Serving has it.
 */
final class ClassifyAnswer implements AnswerForm {
  private final ScoredOutputs outputs;
  private final List<String> labels;

  ClassifyAnswer(ScoredOutputs outputs, List<String> labels) {
    this.outputs = outputs;
    this.labels = labels;
  }

  @Override
  public void write(JsonWriter json, List<Tensor> answered) {
    var scores = answered.getFirst();
    var names = answered.size() > 1 ? answered.get(1) : null;
    if (names != null && !names.shape().equals(scores.shape())) {
      throw JsonBody.refusal(
          "Output '%s' has shape %s, and '%s' has %s; to classify they need the same. Ask for them at :predict."
              .formatted(outputs.classes(), names.shape(), outputs.scores(), scores.shape()));
    }
    Results.write(json, () -> writeExamples(json, scores, names));
  }

  private void writeExamples(JsonWriter json, Tensor scores, @Nullable Tensor names) {
    var values = new NestedWriter(json, scores);
    var texts = names == null ? null : new NestedWriter(json, names);
    json.raw('[');
    for (long example = 0; example < scores.shape().dimension(0); example++) {
      json.raw(example == 0 ? "[" : ",[");
      writeClasses(json, values, texts, scores.shape().dimension(1));
      json.raw(']');
    }
    json.raw(']');
  }

  private void writeClasses(
      JsonWriter json, NestedWriter scores, @Nullable NestedWriter names, long count) {
    for (long index = 0; index < count; index++) {
      json.raw(index == 0 ? "[" : ",[");
      if (names == null) {
        json.string(count == labels.size() ? labels.get((int) index) : "");
      } else {
        names.element();
      }
      json.raw(',');
      scores.element();
      json.raw(']');
    }
  }
}
