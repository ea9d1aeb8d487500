package dev.millrace.serving.api.oip.rest;

import java.util.Optional;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.server.ServerRequest;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The body of a request to the repository: a small JSON object, or nothing. Its content type is not
 * looked at, for Triton's clients send none.
 */
final class ControlBody {
  /** Of one that has no files with it. */
  static final int MAX_BYTES = 1 << 20;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final JsonNode root;

  private ControlBody(JsonNode root) {
    this.root = root;
  }

  /** Reads the body of a request. */
  static Mono<ControlBody> of(ServerRequest request) {
    return bytes(request, MAX_BYTES).map(ControlBody::parse);
  }

  /** The body of a request as it is; no bytes where there is none. */
  static Mono<byte[]> bytes(ServerRequest request, int mostBytes) {
    return DataBufferUtils.join(request.body(BodyExtractors.toDataBuffers()), mostBytes)
        .map(
            buffer -> {
              var bytes = new byte[buffer.readableByteCount()];
              buffer.read(bytes);
              DataBufferUtils.release(buffer);
              return bytes;
            })
        .defaultIfEmpty(new byte[0]);
  }

  /** A boolean field, false where it is absent. */
  boolean flag(String field) {
    return flag(root, field);
  }

  /** A boolean parameter, false where it is absent. */
  boolean parameterFlag(String parameter) {
    return flag(parameters(), parameter);
  }

  /** The whole object. */
  JsonNode fields() {
    return root;
  }

  private JsonNode parameters() {
    var parameters = root.path("parameters");
    if (!parameters.isMissingNode() && !parameters.isObject()) {
      throw JsonReader.refusal("Unable to parse 'parameters': expected an object");
    }
    return parameters;
  }

  private static boolean flag(JsonNode object, String field) {
    var value = object.path(field);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw JsonReader.refusal("Unable to parse '" + field + "': expected true or false");
    }
    return value.asBoolean(false);
  }

  private static ControlBody parse(byte[] bytes) {
    return new ControlBody(
        Optional.of(bytes)
            .filter(some -> some.length > 0)
            .map(ControlBody::tree)
            .orElseGet(JSON::createObjectNode));
  }

  private static JsonNode tree(byte[] bytes) {
    try {
      var tree = JSON.readTree(bytes);
      if (tree.isObject()) {
        return tree;
      }
    } catch (JacksonException e) {
      throw JsonReader.refusal("Unable to parse the request as JSON: " + e.getOriginalMessage());
    }
    throw JsonReader.refusal("Unable to parse the request as JSON: it is not an object");
  }
}
