package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.edge.ControlRoutes;
import dev.millrace.serving.api.edge.ErrorBody;
import dev.millrace.serving.api.edge.HttpStatuses;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.VersionStatus;
import dev.millrace.serving.repository.ModelControl;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The models of a SageMaker multi-model container: list, describe, load and unload. */
public final class SageMakerRoutes {
  private static final int OK = 200;
  private static final int CONFLICT = 409;
  private static final int NOT_IMPLEMENTED = 501;
  private static final int NO_MEMORY = 507;

  /**
   * How the engine begins to say that a model does not fit; a failed load has no kind of its own.
   */
  private static final String NO_ROOM = "There is no room for model";

  private static final String MODELS = "/models";
  private static final String MODEL = "/models/{model}";

  private final ModelCatalog catalog;
  private final ModelControl control;
  private final ServedDirectory directory;
  private final Scheduler blocking;

  /** Loads and waits on the threads of {@code blocking}. */
  public SageMakerRoutes(
      ModelCatalog catalog, ModelControl control, ServedDirectory directory, Executor blocking) {
    this.catalog = catalog;
    this.control = control;
    this.directory = directory;
    this.blocking = Schedulers.fromExecutor(blocking);
  }

  /** For the router. */
  public RouterFunction<ServerResponse> routes() {
    var builder = RouterFunctions.route();
    builder.route(RequestPredicates.POST(MODELS), this::load);
    builder.route(RequestPredicates.GET(MODELS), _ -> list());
    ControlRoutes.otherwise(builder, MODELS, HttpMethod.GET, HttpMethod.POST);
    builder.route(RequestPredicates.GET(MODEL), this::describe);
    builder.route(RequestPredicates.DELETE(MODEL), this::unload);
    ControlRoutes.otherwise(builder, MODEL, HttpMethod.GET, HttpMethod.DELETE);
    return builder.build();
  }

  private Mono<ServerResponse> list() {
    return ControlRoutes.json(OK, new ModelList(loaded().stream().map(this::entry).toList()));
  }

  private Mono<ServerResponse> describe(ServerRequest request) {
    return Mono.fromCallable(() -> entry(requireLoaded(request.pathVariable("model"))))
        .flatMap(entry -> ControlRoutes.json(OK, entry));
  }

  private Mono<ServerResponse> load(ServerRequest request) {
    return LoadBody.of(request).flatMap(body -> answered(() -> load(body)));
  }

  private ModelEntry load(LoadBody body) {
    var model = body.model();
    if (catalog.ready(model, null)) {
      throw new AlreadyLoadedException(model);
    }
    directory.require(model, body.url());
    control.load(model);
    return entry(model);
  }

  private Mono<ServerResponse> unload(ServerRequest request) {
    return answered(
        () -> {
          var model = requireLoaded(request.pathVariable("model"));
          control.unload(model);
          return entry(model);
        });
  }

  private Mono<ServerResponse> answered(Callable<ModelEntry> work) {
    return Mono.fromCallable(work)
        .subscribeOn(blocking)
        .flatMap(entry -> ControlRoutes.json(OK, entry))
        .onErrorResume(
            AlreadyLoadedException.class,
            e -> ControlRoutes.json(CONFLICT, new ErrorBody(String.valueOf(e.getMessage()))))
        .onErrorResume(
            InferenceException.class,
            e -> ControlRoutes.json(status(e.failure()), new ErrorBody(e.failure().message())));
  }

  /** A mode in which models are not loaded on request stays for as long as the service runs. */
  private static int status(InferenceFailure failure) {
    return switch (failure) {
      case InferenceFailure.NotReady _ -> NOT_IMPLEMENTED;
      case InferenceFailure.Invalid invalid when invalid.message().contains(NO_ROOM) -> NO_MEMORY;
      default -> HttpStatuses.of(failure);
    };
  }

  private List<String> loaded() {
    return catalog.versions().stream()
        .map(VersionStatus::model)
        .distinct()
        .filter(model -> catalog.ready(model, null))
        .toList();
  }

  private String requireLoaded(String model) {
    if (catalog.ready(model, null)) {
      return model;
    }
    throw new InferenceException(
        new InferenceFailure.NotFound(
            "Model '%s' is not loaded. GET /models lists those that are.".formatted(model)));
  }

  private ModelEntry entry(String model) {
    return new ModelEntry(model, directory.url(model));
  }

  private record ModelList(List<ModelEntry> models) {}

  private record ModelEntry(String modelName, String modelUrl) {}

  private static final class AlreadyLoadedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    AlreadyLoadedException(String model) {
      super(
          "Model '%s' is loaded already. DELETE /models/%s unloads it.".formatted(model, model),
          null,
          false,
          false);
    }
  }
}
