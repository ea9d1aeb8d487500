package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.edge.ControlRoutes;
import dev.millrace.serving.api.edge.ServerDescription;
import dev.millrace.serving.lifecycle.ModelCatalog;
import java.util.List;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** {@code GET /ping}, {@code /health} and {@code /version} of MLflow and SageMaker. */
public final class HealthRoutes {
  private static final int UNAVAILABLE = 503;
  private static final HttpMethod[] READING = {HttpMethod.GET, HttpMethod.HEAD};

  private final ModelCatalog catalog;

  /** Ready where the catalog is. */
  public HealthRoutes(ModelCatalog catalog) {
    this.catalog = catalog;
  }

  /** For the router. */
  public RouterFunction<ServerResponse> routes() {
    var builder = RouterFunctions.route();
    for (var path : List.of("/ping", "/health")) {
      ControlRoutes.only(builder, path, _ -> ping(), READING);
    }
    ControlRoutes.only(builder, "/version", _ -> version(), READING);
    return builder.build();
  }

  private Mono<ServerResponse> ping() {
    return (catalog.serverReady() ? ServerResponse.ok() : ServerResponse.status(UNAVAILABLE))
        .build();
  }

  private static Mono<ServerResponse> version() {
    return ServerResponse.ok()
        .contentType(MediaType.TEXT_PLAIN)
        .bodyValue(ServerDescription.VERSION);
  }
}
