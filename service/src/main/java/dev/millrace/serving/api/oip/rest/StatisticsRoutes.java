package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.VersionStatistics;
import java.util.List;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Triton's statistics extension. */
public final class StatisticsRoutes {
  private final ModelCatalog catalog;

  /** Tells of the models of the catalog. */
  public StatisticsRoutes(ModelCatalog catalog) {
    this.catalog = catalog;
  }

  /**
   * For the router, before the routes of a model: {@code stats} in the path is no model, as in
   * Triton.
   */
  public RouterFunction<ServerResponse> routes() {
    var builder = RouterFunctions.route();
    for (var path :
        List.of(
            "/v2/models/stats",
            "/v2/models/{model}/stats",
            "/v2/models/{model}/versions/{version}/stats")) {
      OipRoutes.only(builder, path, this::answer, HttpMethod.GET, HttpMethod.HEAD);
    }
    return builder.build();
  }

  private Mono<ServerResponse> answer(ServerRequest request) {
    return Mono.fromCallable(() -> StatisticsAnswer.of(asked(request)))
        .flatMap(answer -> OipRoutes.json(200, answer));
  }

  private List<VersionStatistics> asked(ServerRequest request) {
    var model = request.pathVariables().get("model");
    return model == null
        ? catalog.statistics()
        : catalog.statistics(model, request.pathVariables().get("version"));
  }
}
