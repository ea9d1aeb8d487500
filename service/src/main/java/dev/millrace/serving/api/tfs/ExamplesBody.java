package dev.millrace.serving.api.tfs;

import dev.millrace.serving.api.json.InputCollectors;
import dev.millrace.serving.api.json.JsonBody;
import dev.millrace.serving.api.json.Missing;
import dev.millrace.serving.api.json.Question;
import dev.millrace.serving.api.json.RequestTensors;
import dev.millrace.serving.api.json.TensorCollector;
import dev.millrace.serving.api.json.UnfitValueException;
import dev.millrace.serving.lifecycle.ModelDescription;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads the body of a classify or regress request: examples whose features are the inputs of the
 * model, and features that all examples share.
 */
final class ExamplesBody {
  private static final String WANTED =
      "A classify or regress request is a JSON object with 'examples', a list of objects.";

  private final InputCollectors inputs;
  private final String method;
  private final Set<String> shared = new HashSet<>();
  private final List<String> inExamples = new ArrayList<>();
  private long examples;

  private ExamplesBody(ModelDescription model, RequestTensors memory, String method) {
    inputs = new InputCollectors(model.signature(), memory, Missing.REFUSED);
    this.method = method;
  }

  static Question classify(ByteBuf body, ModelDescription model, RequestTensors memory) {
    var scores = ScoredOutputs.of(model);
    var reader = new ExamplesBody(model, memory, SignatureName.CLASSIFY);
    reader.read(body);
    return new Question(
        reader.inputs.rowsAsDeclared(), scores.names(), new ClassifyAnswer(scores, model.labels()));
  }

  static Question regress(ByteBuf body, ModelDescription model, RequestTensors memory) {
    var value = RegressAnswer.output(model);
    var reader = new ExamplesBody(model, memory, SignatureName.REGRESS);
    reader.read(body);
    return new Question(reader.inputs.rowsAsDeclared(), List.of(value), RegressAnswer::write);
  }

  private void read(ByteBuf body) {
    JsonBody.read(body, WANTED, this::field);
    if (examples == 0) {
      throw JsonBody.refusal(
          "When method is classify or regress, key 'examples' is expected with one element at least and was not found. "
              + WANTED);
    }
    for (var input : inputs.all()) {
      complete(input);
    }
  }

  private void field(String name, JsonParser json) {
    switch (name) {
      case SignatureName.FIELD -> SignatureName.require(json, method);
      case "context" -> readContext(json);
      case "examples" -> readExamples(json);
      default -> json.skipChildren();
    }
  }

  private void readContext(JsonParser json) {
    try {
      requireObject(json);
      JsonBody.readFields(json, this::shareFeature);
    } catch (UnfitValueException e) {
      throw e.within("context");
    }
  }

  private void shareFeature(String name, JsonParser json) {
    if (inExamples.contains(name)) {
      throw twice(name);
    }
    readFeature(name, json);
    shared.add(name);
  }

  private void readExamples(JsonParser json) {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw JsonBody.refusal("Expecting 'examples' value to be an list/array. " + WANTED);
    }
    while (json.nextToken() != JsonToken.END_ARRAY) {
      try {
        requireObject(json);
        JsonBody.readFields(json, this::readExampleFeature);
      } catch (UnfitValueException e) {
        throw e.at(examples).within("examples");
      }
      examples++;
    }
  }

  private void readExampleFeature(String name, JsonParser json) {
    if (shared.contains(name)) {
      throw twice(name);
    }
    var input = inputs.named(name);
    if (input.values() < examples) {
      throw new UnfitValueException(
          "the example has the feature '%s', which one before it has not".formatted(name));
    }
    if (examples == 0) {
      inExamples.add(name);
    }
    readFeature(name, json);
  }

  private void readFeature(String name, JsonParser json) {
    var input = inputs.named(name);
    try {
      input.read(json);
    } catch (UnfitValueException e) {
      throw e.in(name);
    }
  }

  private void complete(TensorCollector input) {
    var name = input.spec().name();
    if (shared.contains(name)) {
      input.repeat(examples);
    } else if (input.values() < examples) {
      throw JsonBody.refusal(
          "Unable to read examples[%d]: there is no feature '%s'; the model takes one for each of its inputs"
              .formatted(input.values(), name));
    }
  }

  private static UnfitValueException twice(String name) {
    return new UnfitValueException(
        "the feature '%s' is in 'context' and in 'examples'; send it in one of them"
            .formatted(name));
  }

  private static void requireObject(JsonParser json) {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new UnfitValueException("expected an object with a value for each feature");
    }
  }
}
