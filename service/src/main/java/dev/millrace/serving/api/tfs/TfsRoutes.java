package dev.millrace.serving.api.tfs;

import dev.millrace.serving.api.edge.ControlRoutes;
import dev.millrace.serving.api.json.ModelTarget;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.VersionStatus;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Status and metadata of models, and the list of them that KServe has. */
public final class TfsRoutes {
  private static final HttpMethod[] READING = {HttpMethod.GET, HttpMethod.HEAD};
  private static final String MODEL = "/v1/models/{model}";

  /** Newest first, as TensorFlow Serving lists them. */
  private static final Comparator<VersionStatus> NEWEST_FIRST =
      Comparator.<VersionStatus>comparingInt(status -> status.version().length())
          .thenComparing(VersionStatus::version)
          .reversed();

  private final ModelCatalog catalog;
  private final VersionNames versions;

  /** Describes the models of the catalog. */
  public TfsRoutes(ModelCatalog catalog, VersionNames versions) {
    this.catalog = catalog;
    this.versions = versions;
  }

  /** For the router. */
  public RouterFunction<ServerResponse> routes() {
    var builder = RouterFunctions.route();
    // KServe's clients ask here whether a server of its first protocol lives; browsers see a page.
    builder.route(
        RequestPredicates.GET("/").and(new FromProgram()),
        _ -> ControlRoutes.json(200, new Life("alive")));
    ControlRoutes.beyond(builder, "/", HttpMethod.GET);
    ControlRoutes.only(builder, "/v1/models", _ -> list(), READING);
    for (var model : List.of(MODEL, MODEL + "/versions/{version}", MODEL + "/labels/{label}")) {
      ControlRoutes.only(builder, model, this::status, READING);
      ControlRoutes.only(builder, model + "/metadata", this::metadata, READING);
    }
    return builder.build();
  }

  private Mono<ServerResponse> list() {
    var names = catalog.versions().stream().map(VersionStatus::model).distinct().toList();
    return ControlRoutes.json(200, new ModelList(names));
  }

  private Mono<ServerResponse> status(ServerRequest request) {
    return Mono.fromCallable(() -> status(target(request), request.pathVariables().get("label")))
        .flatMap(status -> ControlRoutes.json(200, status));
  }

  private ModelStatus status(ModelTarget target, @Nullable String label) {
    var ofModel =
        catalog.versions().stream()
            .filter(status -> status.model().equals(target.model()))
            .sorted(NEWEST_FIRST)
            .toList();
    if (ofModel.isEmpty()) {
      throw notFound("Could not find any versions of model %s".formatted(target.model()));
    }
    var wanted =
        ofModel.stream()
            .filter(status -> target.version() == null || status.version().equals(target.version()))
            .filter(status -> label == null || status.live())
            .toList();
    if (wanted.isEmpty()) {
      throw notFound(
          "Could not find version %s of model %s"
              .formatted(label == null ? target.version() : label, target.model()));
    }
    return ModelStatus.of(target.model(), wanted, catalog.ready(target.model(), target.version()));
  }

  private Mono<ServerResponse> metadata(ServerRequest request) {
    return Mono.fromCallable(() -> metadata(target(request)))
        .flatMap(metadata -> ControlRoutes.json(200, metadata));
  }

  private SignatureMetadata metadata(ModelTarget target) {
    return SignatureMetadata.of(catalog.describe(target.model(), target.version()));
  }

  private ModelTarget target(ServerRequest request) {
    var names = request.pathVariables();
    return versions.decodedTarget(
        request.pathVariable("model"), names.get("version"), names.get("label"));
  }

  private static InferenceException notFound(String message) {
    return new InferenceException(
        new InferenceFailure.NotFound(message + ". GET /v1/models lists what is served."));
  }

  private record ModelList(List<String> models) {}

  private record Life(String status) {}
}
