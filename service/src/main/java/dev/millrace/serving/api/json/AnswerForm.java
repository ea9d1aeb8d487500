package dev.millrace.serving.api.json;

import dev.millrace.serving.tensor.Tensor;
import java.util.List;

/** Prints the body of an answer. */
@FunctionalInterface
public interface AnswerForm {
  /**
   * Prints the outputs, at least one.
   *
   * @throws dev.millrace.serving.failure.InferenceException where they cannot be printed so
   */
  void write(JsonWriter json, List<Tensor> outputs);
}
