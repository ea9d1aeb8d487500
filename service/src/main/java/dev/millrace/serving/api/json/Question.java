package dev.millrace.serving.api.json;

import dev.millrace.serving.tensor.Tensor;
import java.util.List;

/**
 * What a request asks of its model.
 *
 * @param outputs names of the outputs wanted, empty for all
 * @param form how the answer is printed
 */
public record Question(List<Tensor> inputs, List<String> outputs, AnswerForm form) {
  /** Copies the lists. */
  public Question {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** One that wants all outputs. */
  public Question(List<Tensor> inputs, AnswerForm form) {
    this(inputs, List.of(), form);
  }
}
