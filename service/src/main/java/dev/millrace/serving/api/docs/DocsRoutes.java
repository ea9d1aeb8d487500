package dev.millrace.serving.api.docs;

import static org.springframework.web.reactive.function.server.RequestPredicates.GET;
import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import java.util.concurrent.Executor;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** {@code GET /v3/api-docs}: the OpenAPI document of this port. */
public final class DocsRoutes {
  private final Mono<byte[]> document;

  /** Makes the document on a thread of {@code blocking}, when it is first asked for. */
  public DocsRoutes(Executor blocking) {
    document =
        Mono.fromCallable(ApiDocument::json).subscribeOn(Schedulers.fromExecutor(blocking)).cache();
  }

  /** For the router. */
  public RouterFunction<ServerResponse> routes() {
    return route(
        GET("/v3/api-docs"),
        _ ->
            document.flatMap(
                json ->
                    ServerResponse.ok().contentType(MediaType.APPLICATION_JSON).bodyValue(json)));
  }
}
