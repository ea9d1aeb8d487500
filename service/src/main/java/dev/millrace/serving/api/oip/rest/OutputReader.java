package dev.millrace.serving.api.oip.rest;

import org.jspecify.annotations.Nullable;

/** Reads one element of {@code outputs}. */
final class OutputReader {
  private final JsonReader json;
  private final InferParameters fields;
  private @Nullable String name;
  private RequestedOutput.Form form = RequestedOutput.Form.UNSAID;
  private int classes;

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
    return new RequestedOutput(name, form, classes);
  }

  private void readParameters() {
    fields.once("parameters");
    var parameters = new InferParameters(json);
    for (var more = json.enterObject(); more; more = json.moreFields()) {
      var key = json.key();
      switch (key) {
        case "binary_data" -> form = RequestedOutput.Form.of(parameters.bool(key));
        case "classification" -> classes = (int) parameters.count(key, Integer.MAX_VALUE);
        case "shared_memory_region" ->
            throw InferParameters.unsupported(
                key, "Shared memory is off here; ask for the output as binary data.");
        default -> json.skipValue();
      }
    }
  }
}
