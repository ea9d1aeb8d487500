package dev.millrace.serving.api.json;

import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads inputs in the two forms that TensorFlow Serving has: {@code instances}, a list of rows, and
 * {@code inputs}, a tensor for each input. In both, a model of one input is sent its values alone.
 */
public final class PredictInputs {
  private PredictInputs() {}

  /**
   * The rows that the parser is at.
   *
   * @throws UnfitValueException where they do not fit the signature
   */
  public static List<Tensor> instances(
      JsonParser json, Signature signature, RequestTensors memory) {
    try {
      return rows(json, signature, memory);
    } catch (UnfitValueException e) {
      throw e.within("instances");
    }
  }

  /**
   * The tensor, or the object of tensors, that the parser is at.
   *
   * @throws UnfitValueException where they do not fit the signature
   */
  public static List<Tensor> inputs(JsonParser json, Signature signature, RequestTensors memory) {
    try {
      return columns(json, signature, memory);
    } catch (UnfitValueException e) {
      throw e.within("inputs");
    }
  }

  private static List<Tensor> rows(JsonParser json, Signature signature, RequestTensors memory) {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw new UnfitValueException(
          "expected a list with an element for each row, not " + Tokens.shown(json));
    }
    var inputs = new InputCollectors(signature, memory, Missing.REFUSED);
    long row = 0;
    while (json.nextToken() != JsonToken.END_ARRAY) {
      try {
        readRow(json, inputs, row);
      } catch (UnfitValueException e) {
        throw e.at(row);
      }
      row++;
    }
    if (row == 0) {
      throw new UnfitValueException("there are no rows; send one at least");
    }
    return inputs.rows();
  }

  private static void readRow(JsonParser json, InputCollectors inputs, long row) {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      inputs.only().read(json);
    } else if (inputs.takeBase64Only()) {
      readBytesOrNamed(json, inputs);
    } else {
      readNamed(json, inputs);
    }
    inputs.requireValues(row + 1);
  }

  private static List<Tensor> columns(JsonParser json, Signature signature, RequestTensors memory) {
    var inputs = new InputCollectors(signature, memory, Missing.REFUSED);
    if (json.currentToken() != JsonToken.START_OBJECT) {
      inputs.only().read(json);
    } else if (inputs.takeBase64Only()) {
      readBytesOrNamed(json, inputs);
    } else {
      readNamed(json, inputs);
    }
    inputs.requireValues(1);
    return inputs.whole();
  }

  private static void readBytesOrNamed(JsonParser json, InputCollectors inputs) {
    var first = json.nextToken();
    if (first == JsonToken.PROPERTY_NAME && Elements.BASE64.equals(json.currentName())) {
      inputs.only().readBase64(json);
      return;
    }
    if (first != JsonToken.END_OBJECT) {
      readValue(json, inputs);
      readNamed(json, inputs);
    }
  }

  /** From behind the opening brace, or behind a value, to the closing brace. */
  private static void readNamed(JsonParser json, InputCollectors inputs) {
    while (json.nextToken() != JsonToken.END_OBJECT) {
      readValue(json, inputs);
    }
  }

  /** A name that is there twice leaves its input with a value too many. */
  private static void readValue(JsonParser json, InputCollectors inputs) {
    var name = json.currentName();
    var collector = inputs.named(name);
    json.nextToken();
    try {
      collector.read(json);
    } catch (UnfitValueException e) {
      throw e.in(name);
    }
  }
}
