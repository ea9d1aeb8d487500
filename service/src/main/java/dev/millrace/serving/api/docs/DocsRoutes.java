package dev.millrace.serving.api.docs;

import dev.millrace.serving.api.edge.ControlRoutes;
import java.util.concurrent.Executor;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
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
    var builder = RouterFunctions.route();
    ControlRoutes.only(builder, "/v3/api-docs", _ -> described(), HttpMethod.GET, HttpMethod.HEAD);
    return builder.build();
  }

  private Mono<ServerResponse> described() {
    return document.flatMap(
        json -> ServerResponse.ok().contentType(MediaType.APPLICATION_JSON).bodyValue(json));
  }
}
