package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.lifecycle.VersionState;
import dev.millrace.serving.repository.LoadPlace;
import dev.millrace.serving.repository.ModelControl;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The model repository extension: lists, loads and unloads models. */
public final class RepositoryRoutes {
  private final ModelControl control;
  private final Scheduler blocking;
  private final int mostBytes;

  /**
   * Loads and waits on the threads of {@code blocking}.
   *
   * @param mostBytes of the body of a load that may bring files along
   */
  public RepositoryRoutes(ModelControl control, Executor blocking, int mostBytes) {
    this.control = control;
    this.mostBytes = mostBytes;
    this.blocking = Schedulers.fromExecutor(blocking);
  }

  /** For the router. */
  public RouterFunction<ServerResponse> routes() {
    var builder = RouterFunctions.route();
    OipRoutes.only(builder, "/v2/repository/index", this::index, HttpMethod.POST);
    OipRoutes.only(builder, "/v2/repository/models/{model}/load", this::load, HttpMethod.POST);
    OipRoutes.only(builder, "/v2/repository/models/{model}/unload", this::unload, HttpMethod.POST);
    return builder.build();
  }

  private Mono<ServerResponse> index(ServerRequest request) {
    return ControlBody.of(request)
        .map(body -> body.flag("ready"))
        .flatMap(onlyReady -> Mono.fromCallable(() -> entries(onlyReady)).subscribeOn(blocking))
        .flatMap(entries -> OipRoutes.json(200, entries));
  }

  private List<IndexEntry> entries(boolean onlyReady) {
    return control.index().stream()
        .filter(status -> !onlyReady || status.state() == VersionState.READY)
        .map(IndexEntry::of)
        .toList();
  }

  private Mono<ServerResponse> load(ServerRequest request) {
    return Mono.defer(() -> load(request, control.admit(announced(request))))
        .then(ServerResponse.ok().build());
  }

  private static long announced(ServerRequest request) {
    return request.headers().contentLength().orElse(Long.MAX_VALUE);
  }

  private Mono<Void> load(ServerRequest request, LoadPlace place) {
    var model = request.pathVariable("model");
    var begun = new AtomicBoolean();
    return ControlBody.bytes(request, control.takesFiles() ? mostBytes : ControlBody.MAX_BYTES)
        .publishOn(blocking)
        .doOnNext(
            body -> {
              if (begun.compareAndSet(false, true)) {
                load(model, body, place);
              }
            })
        .doFinally(
            _ -> {
              // A client that goes while its model is loaded does not free the place.
              if (begun.compareAndSet(false, true)) {
                place.close();
              }
            })
        .then();
  }

  private void load(String model, byte[] body, LoadPlace place) {
    try (place) {
      control.load(model, LoadRequestBody.sent(body));
    }
  }

  private Mono<ServerResponse> unload(ServerRequest request) {
    var model = request.pathVariable("model");
    return ControlBody.of(request)
        .map(body -> body.parameterFlag("unload_dependents"))
        .flatMap(
            dependents ->
                Mono.fromRunnable(() -> unload(model, dependents)).subscribeOn(blocking).then())
        .then(ServerResponse.ok().build());
  }

  private void unload(String model, boolean dependents) {
    if (dependents) {
      control.unloadWithDependents(model);
    } else {
      control.unload(model);
    }
  }
}
