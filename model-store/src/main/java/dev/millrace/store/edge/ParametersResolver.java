package dev.millrace.store.edge;

import dev.millrace.store.failure.StoreException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads the parameters of a request where MLflow reads them: GET from the query string, or from a
 * JSON body when there is none; everything else from the JSON body alone.
 */
final class ParametersResolver implements HandlerMethodArgumentResolver {
  private static final int MAX_BODY_BYTES = 32 << 20;

  private final JsonMapper json;

  ParametersResolver(JsonMapper json) {
    this.json = json;
  }

  @Override
  public boolean supportsParameter(MethodParameter parameter) {
    return parameter.getParameterType() == Parameters.class;
  }

  @Override
  public Parameters resolveArgument(
      MethodParameter parameter,
      @Nullable ModelAndViewContainer container,
      NativeWebRequest webRequest,
      @Nullable WebDataBinderFactory binders)
      throws IOException {
    var request = Objects.requireNonNull(webRequest.getNativeRequest(HttpServletRequest.class));
    if (!request.getMethod().equals("GET")) {
      requireJson(request);
      return new Parameters(body(request));
    }
    return new Parameters(request.getQueryString() == null ? body(request) : query(request));
  }

  private static void requireJson(HttpServletRequest request) {
    var type = Objects.requireNonNullElse(request.getContentType(), "").split(";", 2)[0].strip();
    if (!type.equalsIgnoreCase("application/json")) {
      throw StoreException.invalid(
          "Bad Request. Content-Type must be one of ['application/json'].");
    }
  }

  private JsonNode body(HttpServletRequest request) throws IOException {
    var bytes = request.getInputStream().readNBytes(MAX_BODY_BYTES + 1);
    if (bytes.length > MAX_BODY_BYTES) {
      throw StoreException.invalid(
          "The body has more than %s bytes. Send less in one request.".formatted(MAX_BODY_BYTES));
    }
    return bytes.length == 0 ? json.createObjectNode() : object(bytes);
  }

  private JsonNode object(byte[] bytes) {
    try {
      if (json.readTree(bytes) instanceof ObjectNode object) {
        return object;
      }
    } catch (JacksonException e) {
      throw StoreException.invalid(
          "The body is not valid JSON: %s. Send one JSON object."
              .formatted(e.getOriginalMessage()));
    }
    throw StoreException.invalid("The body is JSON, but not an object. Send one JSON object.");
  }

  private ObjectNode query(HttpServletRequest request) {
    var node = json.createObjectNode();
    decoded(request)
        .forEach(
            (name, values) ->
                node.set(name, json.valueToTree(values.length == 1 ? values[0] : values)));
    return node;
  }

  private static Map<String, String[]> decoded(HttpServletRequest request) {
    try {
      return request.getParameterMap();
    } catch (InvalidParameterException _) {
      throw StoreException.invalid(
          "The query string '%s' cannot be decoded. Write NAME=VALUE, joined by &, in UTF-8 and percent-encoded."
              .formatted(request.getQueryString()));
    }
  }
}
