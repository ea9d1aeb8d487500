package dev.millrace.serving.api.tfs;

import dev.millrace.serving.api.json.AnswerForm;
import dev.millrace.serving.api.json.JsonBody;
import dev.millrace.serving.api.json.JsonWriter;
import dev.millrace.serving.api.json.PredictInputs;
import dev.millrace.serving.api.json.PredictOutputs;
import dev.millrace.serving.api.json.Question;
import dev.millrace.serving.api.json.RequestTensors;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;

/** Reads the body of a predict request, in rows or in columns; the answer has the same form. */
final class PredictBody {
  private static final String WANTED =
      "A predict request is a JSON object with 'instances' or 'inputs'.";

  private final Signature signature;
  private final RequestTensors memory;
  private @Nullable Question question;

  private PredictBody(Signature signature, RequestTensors memory) {
    this.signature = signature;
    this.memory = memory;
  }

  static Question read(ByteBuf body, Signature signature, RequestTensors memory) {
    var reader = new PredictBody(signature, memory);
    JsonBody.read(body, WANTED, reader::field);
    var question = reader.question;
    if (question == null) {
      throw JsonBody.refusal("Missing 'inputs' or 'instances' key. " + WANTED);
    }
    return question;
  }

  private void field(String name, JsonParser json) {
    switch (name) {
      case SignatureName.FIELD -> SignatureName.require(json, SignatureName.PREDICT);
      case "instances" ->
          ask(PredictInputs.instances(json, signature, memory), PredictBody::writeRows);
      case "inputs" ->
          ask(PredictInputs.inputs(json, signature, memory), PredictBody::writeColumns);
      default -> json.skipChildren();
    }
  }

  private void ask(List<Tensor> inputs, AnswerForm form) {
    if (question != null) {
      throw JsonBody.refusal(
          "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist. Send rows as 'instances', or whole tensors as 'inputs'.");
    }
    question = new Question(inputs, form);
  }

  private static void writeRows(JsonWriter json, List<Tensor> outputs) {
    json.raw("{\"predictions\":");
    PredictOutputs.rows(json, outputs);
    json.raw('}');
  }

  private static void writeColumns(JsonWriter json, List<Tensor> outputs) {
    json.raw("{\"outputs\":");
    PredictOutputs.columns(json, outputs);
    json.raw('}');
  }
}
