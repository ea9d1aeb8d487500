package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.json.JsonWriter;
import dev.millrace.serving.api.json.PredictOutputs;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;

/**
 * Prints predictions: a list for a model of one output. For a model of several, a table is answered
 * with records, as MLflow prints a table, and tensors with an object of tensors.
 */
final class ScoringAnswer {
  private ScoringAnswer() {}

  static void ofTable(JsonWriter json, List<Tensor> outputs) {
    json.raw("{\"predictions\":");
    PredictOutputs.rows(json, outputs);
    json.raw('}');
  }

  static void ofTensors(JsonWriter json, List<Tensor> outputs) {
    json.raw("{\"predictions\":");
    PredictOutputs.columns(json, outputs);
    json.raw('}');
  }
}
