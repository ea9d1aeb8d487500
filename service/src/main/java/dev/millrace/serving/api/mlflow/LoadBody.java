package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.json.JsonBody;
import dev.millrace.serving.failure.InferenceException;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.server.ServerRequest;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The body of a request to load a model; its content type is not looked at. */
record LoadBody(String model, String url) {
  private static final int MAX_BYTES = 64 << 10;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Fails with an {@link InferenceException} where a field is missing or no string. */
  static Mono<LoadBody> of(ServerRequest request) {
    return DataBufferUtils.join(request.body(BodyExtractors.toDataBuffers()), MAX_BYTES)
        .map(LoadBody::bytes)
        .defaultIfEmpty(new byte[0])
        .map(LoadBody::parse);
  }

  private static LoadBody parse(byte[] bytes) {
    try {
      var root = JSON.readTree(bytes);
      return new LoadBody(text(root, "model_name"), text(root, "url"));
    } catch (JacksonException e) {
      throw JsonBody.refusal("JSON Parse error: " + e.getOriginalMessage());
    }
  }

  private static String text(JsonNode root, String field) {
    var value = root.path(field);
    if (!value.isString()) {
      throw JsonBody.refusal(
          "Loading a model takes {\"model_name\": \"NAME\", \"url\": \"FOLDER\"}; '%s' is missing or no string"
              .formatted(field));
    }
    return value.asString();
  }

  private static byte[] bytes(DataBuffer buffer) {
    var bytes = new byte[buffer.readableByteCount()];
    buffer.read(bytes);
    DataBufferUtils.release(buffer);
    return bytes;
  }
}
