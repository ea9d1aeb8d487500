package dev.millrace.serving.api.tfs;

import dev.millrace.serving.api.json.JsonBody;
import tools.jackson.core.JsonParser;

/** The name of the signature that a request may give; a model here has one. */
final class SignatureName {
  static final String FIELD = "signature_name";
  static final String DEFAULT = "serving_default";

  /** As TensorFlow names the methods. */
  static final String PREDICT = "tensorflow/serving/predict";

  static final String CLASSIFY = "tensorflow/serving/classify";
  static final String REGRESS = "tensorflow/serving/regress";

  private SignatureName() {}

  /** Refuses any value but none, the default, and the method that the request calls. */
  static void require(JsonParser json, String method) {
    var name = JsonBody.string(FIELD, json);
    if (!name.isEmpty() && !name.equals(DEFAULT) && !name.equals(method)) {
      throw JsonBody.refusal(
          "Serving signature name: \"%s\" not found in signature def. Leave it out, or send \"%s\"."
              .formatted(name, DEFAULT));
    }
  }
}
