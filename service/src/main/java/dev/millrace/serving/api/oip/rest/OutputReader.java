package dev.millrace.serving.api.oip.rest;

import org.jspecify.annotations.Nullable;

/** Reads one element of {@code outputs}. */
final class OutputReader {
  private final JsonReader json;
  private final InferParameters fields;
  private @Nullable String name;
  private RequestedOutput.Form form = RequestedOutput.Form.UNSAID;

  private OutputReader(JsonReader json) {
    this.json = json;
    this.fields = new InferParameters(json);
  }

  static RequestedOutput read(JsonReader json) {
    return new OutputReader(json).read();
  }

  private RequestedOutput read() {
    for (var more = json.enterObject(); more; more = json.moreFields()) {
      var key = json.key();
      switch (key) {
        case "name" -> name = fields.string(key);
        case "parameters" -> readParameters();
        default -> json.skipValue();
      }
    }
    if (name == null) {
      throw JsonReader.refusal("Unable to parse 'name': an element of 'outputs' has none");
    }
    return new RequestedOutput(name, form);
  }

  private void readParameters() {
    fields.once("parameters");
    var parameters = new InferParameters(json);
    for (var more = json.enterObject(); more; more = json.moreFields()) {
      var key = json.key();
      switch (key) {
        case "binary_data" -> form = RequestedOutput.Form.of(parameters.bool(key));
        case "classification" -> refuseClassification(parameters.count(key, Integer.MAX_VALUE));
        case "shared_memory_region" ->
            throw InferParameters.unsupported(key, "Ask for the output as binary data.");
        default -> json.skipValue();
      }
    }
  }

  private static void refuseClassification(long classes) {
    if (classes > 0) {
      throw InferParameters.unsupported(
          "classification", "Leave it out and rank the values of the output yourself.");
    }
  }
}
