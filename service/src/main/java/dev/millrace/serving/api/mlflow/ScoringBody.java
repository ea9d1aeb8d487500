package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.json.AnswerForm;
import dev.millrace.serving.api.json.JsonBody;
import dev.millrace.serving.api.json.PredictInputs;
import dev.millrace.serving.api.json.Question;
import dev.millrace.serving.api.json.RequestTensors;
import dev.millrace.serving.api.json.UnfitValueException;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.tensor.Tensor;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads a JSON body: a table in one of two forms, or tensors in one of two. */
final class ScoringBody {
  private static final String WANTED =
      "The input must be a JSON dictionary with exactly one of the input fields {'dataframe_split', 'dataframe_records', 'instances', 'inputs'}.";

  private final ModelDescription model;
  private final RequestTensors memory;
  private final List<String> fields = new ArrayList<>(2);
  private @Nullable Question question;
  private @Nullable SplitFrame unread;

  private ScoringBody(ModelDescription model, RequestTensors memory) {
    this.model = model;
    this.memory = memory;
  }

  static Question read(ByteBuf body, ModelDescription model, RequestTensors memory) {
    var reader = new ScoringBody(model, memory);
    JsonBody.read(body, WANTED, reader::field);
    var unread = reader.unread;
    if (unread != null) {
      JsonBody.read(body, WANTED, (name, json) -> reader.readSplitAgain(unread, name, json));
    }
    var question = reader.question;
    if (question == null) {
      throw JsonBody.refusal(
          "%s Received dictionary with input fields: %s".formatted(WANTED, reader.fields));
    }
    return question;
  }

  private void field(String name, JsonParser json) {
    fields.add(name);
    switch (name) {
      case SplitFrame.FIELD -> readSplit(json);
      case RecordsFrame.FIELD ->
          ask(RecordsFrame.read(json, model, memory), ScoringAnswer::ofTable);
      case "instances" ->
          ask(PredictInputs.instances(json, model.signature(), memory), ScoringAnswer::ofTensors);
      case "inputs" ->
          ask(PredictInputs.inputs(json, model.signature(), memory), ScoringAnswer::ofTensors);
      case "params" -> readParams(json);
      default -> json.skipChildren();
    }
  }

  private void readSplit(JsonParser json) {
    requireFirst();
    var frame = SplitFrame.first(model, memory);
    frame.read(json);
    if (frame.deferred()) {
      unread = frame.second();
    } else {
      ask(frame.tensors(), ScoringAnswer::ofTable);
    }
  }

  private void readSplitAgain(SplitFrame frame, String name, JsonParser json) {
    if (name.equals(SplitFrame.FIELD)) {
      frame.read(json);
      ask(frame.tensors(), ScoringAnswer::ofTable);
    } else {
      json.skipChildren();
    }
  }

  /** ONNX models take none, so they have no effect; MLflow ignores those that a model lacks. */
  private static void readParams(JsonParser json) {
    var token = json.currentToken();
    if (token != JsonToken.START_OBJECT && token != JsonToken.VALUE_NULL) {
      throw new UnfitValueException("'params' must be an object with a value for each parameter");
    }
    json.skipChildren();
  }

  private void ask(List<Tensor> inputs, AnswerForm form) {
    requireFirst();
    question = new Question(inputs, form);
  }

  private void requireFirst() {
    if (question != null) {
      throw JsonBody.refusal(
          "%s Received dictionary with input fields: %s".formatted(WANTED, fields));
    }
  }
}
