package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.edge.ChangeableSettings;
import dev.millrace.serving.api.edge.LogSettings;
import dev.millrace.serving.api.edge.TraceSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/** Triton's logging and trace extensions: shows the settings, and changes them. */
public final class SettingsRoutes {
  private final LogSettings logs;
  private final TraceSettings traces;

  /** Shows and changes these. */
  public SettingsRoutes(ChangeableSettings changeable) {
    logs = changeable.logs();
    traces = changeable.traces();
  }

  /** For the router. */
  public RouterFunction<ServerResponse> routes() {
    var builder = RouterFunctions.route();
    var methods = new HttpMethod[] {HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST};
    OipRoutes.only(builder, "/v2/logging", this::logging, methods);
    OipRoutes.only(builder, "/v2/trace/setting", this::trace, methods);
    OipRoutes.only(builder, "/v2/models/{model}/trace/setting", this::trace, methods);
    return builder.build();
  }

  private Mono<ServerResponse> logging(ServerRequest request) {
    var settings =
        request.method().equals(HttpMethod.POST)
            ? ControlBody.of(request).map(body -> logs.change(logSettings(body.fields())))
            : Mono.fromCallable(logs::current);
    return settings.flatMap(all -> OipRoutes.json(200, all));
  }

  private Mono<ServerResponse> trace(ServerRequest request) {
    var model = request.pathVariables().getOrDefault("model", "");
    var settings =
        request.method().equals(HttpMethod.POST)
            ? ControlBody.of(request)
                .map(body -> traces.change(model, traceSettings(body.fields())))
            : Mono.fromCallable(() -> traces.current(model));
    return settings.map(SettingsRoutes::printed).flatMap(all -> OipRoutes.json(200, all));
  }

  /** Null leaves a setting as it is. */
  private static Map<String, Object> logSettings(JsonNode fields) {
    var settings = new LinkedHashMap<String, Object>();
    for (var field : fields.properties()) {
      if (!field.getValue().isNull()) {
        settings.put(field.getKey(), logSetting(field.getValue()));
      }
    }
    return settings;
  }

  private static Object logSetting(JsonNode value) {
    if (value.isBoolean()) {
      return value.booleanValue();
    }
    if (value.isIntegralNumber() && value.canConvertToLong()) {
      return value.longValue();
    }
    return value.isString() ? value.stringValue() : value.toString();
  }

  /** Null clears a setting. */
  private static Map<String, List<String>> traceSettings(JsonNode fields) {
    var settings = new LinkedHashMap<String, List<String>>();
    for (var field : fields.properties()) {
      settings.put(field.getKey(), traceValues(field.getKey(), field.getValue()));
    }
    return settings;
  }

  private static List<String> traceValues(String name, JsonNode value) {
    if (value.isNull()) {
      return List.of();
    }
    if (!name.equals(TraceSettings.LEVEL)) {
      return List.of(traceValue(name, value));
    }
    if (!value.isArray() || value.isEmpty()) {
      throw JsonReader.refusal("Unable to parse 'trace_level': expected an array of strings");
    }
    var levels = new ArrayList<String>();
    for (var level : value) {
      levels.add(traceValue(name, level));
    }
    return levels;
  }

  private static String traceValue(String name, JsonNode value) {
    if (value.isString()) {
      return value.stringValue();
    }
    if (value.isIntegralNumber()) {
      return value.toString();
    }
    throw JsonReader.refusal("Unable to parse '" + name + "': expected a string");
  }

  /** All but the levels are strings in JSON, numbers too. */
  private static Map<String, Object> printed(Map<String, List<String>> settings) {
    var printed = new LinkedHashMap<String, Object>();
    settings.forEach(
        (name, values) ->
            printed.put(name, name.equals(TraceSettings.LEVEL) ? values : values.getFirst()));
    return printed;
  }
}
