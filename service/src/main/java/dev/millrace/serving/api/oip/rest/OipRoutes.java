package dev.millrace.serving.api.oip.rest;

import dev.millrace.protocol.modelconfig.ModelConfigJson;
import dev.millrace.serving.api.edge.ControlRoutes;
import dev.millrace.serving.api.edge.ErrorBody;
import dev.millrace.serving.api.edge.HttpStatuses;
import dev.millrace.serving.api.edge.ServerDescription;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelCatalog;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Health, metadata and readiness: all of the Open Inference Protocol but infer. */
public final class OipRoutes {
  private static final int OK = 200;
  private static final int BAD_REQUEST = 400;
  private static final int UNAVAILABLE = 503;
  private static final HttpMethod[] READING = {HttpMethod.GET, HttpMethod.HEAD};

  private final ModelCatalog catalog;
  private final SharedRegions regions;

  /** Describes the models of the catalog. */
  public OipRoutes(ModelCatalog catalog, SharedRegions regions) {
    this.catalog = catalog;
    this.regions = regions;
  }

  /** For the router. */
  public RouterFunction<ServerResponse> routes() {
    var builder = RouterFunctions.route();
    only(builder, "/v2", _ -> json(OK, server()), READING);
    only(builder, "/v2/health/live", _ -> json(OK, Map.of("live", true)), READING);
    only(builder, "/v2/health/ready", _ -> serverReady(), READING);
    for (var model : List.of("/v2/models/{model}", "/v2/models/{model}/versions/{version}")) {
      only(builder, model, this::metadata, READING);
      only(builder, model + "/ready", this::modelReady, READING);
      only(builder, model + "/config", this::config, READING);
    }
    return builder.build();
  }

  /** Routes a path to a handler for some methods; the others are told which these are. */
  static void only(
      RouterFunctions.Builder builder,
      String pattern,
      HandlerFunction<ServerResponse> handler,
      HttpMethod... allowed) {
    ControlRoutes.only(builder, pattern, handler, allowed);
  }

  /** A JSON answer. */
  static Mono<ServerResponse> json(int status, Object body) {
    return ControlRoutes.json(status, body);
  }

  private ServerMetadata server() {
    return new ServerMetadata(
        ServerDescription.NAME, ServerDescription.VERSION, ServerDescription.extensions(regions));
  }

  private Mono<ServerResponse> serverReady() {
    boolean ready = catalog.serverReady();
    // The protocol's own definition says "live" here; people expect "ready".
    return json(ready ? OK : UNAVAILABLE, new Readiness(ready, ready));
  }

  private Mono<ServerResponse> metadata(ServerRequest request) {
    return Mono.fromCallable(() -> metadata(model(request), version(request)))
        .flatMap(metadata -> json(OK, metadata));
  }

  private ModelMetadata metadata(String model, @Nullable String version) {
    return ModelMetadata.of(catalog.describe(model, version), catalog.whereabouts(model, version));
  }

  private Mono<ServerResponse> config(ServerRequest request) {
    return Mono.fromCallable(() -> catalog.describe(model(request), version(request)).config())
        .flatMap(config -> json(OK, ModelConfigJson.tree(config)));
  }

  private Mono<ServerResponse> modelReady(ServerRequest request) {
    var model = model(request);
    try {
      catalog.describe(model, version(request));
    } catch (InferenceException e) {
      return json(statusOfUnready(e.failure()), new ErrorBody(e.failure().message()));
    }
    return json(OK, new ModelReadiness(model, true));
  }

  /** Triton answers 400 where a model is known but not ready. */
  private static int statusOfUnready(InferenceFailure failure) {
    int status = HttpStatuses.of(failure);
    return status == UNAVAILABLE ? BAD_REQUEST : status;
  }

  private static String model(ServerRequest request) {
    return request.pathVariable("model");
  }

  private static @Nullable String version(ServerRequest request) {
    return request.pathVariables().get("version");
  }

  private record ServerMetadata(String name, String version, List<String> extensions) {}

  private record Readiness(boolean live, boolean ready) {}

  private record ModelReadiness(String name, boolean ready) {}
}
