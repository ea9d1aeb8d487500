package dev.millrace.serving.api.edge;

import static org.springframework.web.reactive.function.server.RequestPredicates.methods;
import static org.springframework.web.reactive.function.server.RequestPredicates.path;

import java.util.Set;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Makes Spring's routes and their JSON answers. */
public final class ControlRoutes {
  private ControlRoutes() {}

  /** Routes a path to a handler for some methods; the others are told which these are. */
  public static void only(
      RouterFunctions.Builder builder,
      String pattern,
      HandlerFunction<ServerResponse> handler,
      HttpMethod... allowed) {
    builder.route(methods(allowed).and(path(pattern)), handler);
    otherwise(builder, pattern, allowed);
  }

  /** Refuses all methods of a path for which no route was made before; these are what it takes. */
  public static void otherwise(
      RouterFunctions.Builder builder, String pattern, HttpMethod... allowed) {
    builder.route(path(pattern), request -> methodNotAllowed(request, allowed));
  }

  /** Refuses all methods of a path but some, which are left to routes elsewhere. */
  public static void beyond(
      RouterFunctions.Builder builder, String pattern, HttpMethod... allowed) {
    builder.route(
        methods(allowed).negate().and(path(pattern)),
        request -> methodNotAllowed(request, allowed));
  }

  /** A JSON answer. */
  public static Mono<ServerResponse> json(int status, Object body) {
    return ServerResponse.status(status).contentType(MediaType.APPLICATION_JSON).bodyValue(body);
  }

  private static Mono<ServerResponse> methodNotAllowed(
      ServerRequest request, HttpMethod... allowed) {
    var text = "Method Not Allowed: %s; this path takes %s".formatted(request.method(), allowed[0]);
    return ServerResponse.status(405)
        .headers(headers -> headers.setAllow(Set.of(allowed)))
        .contentType(MediaType.APPLICATION_JSON)
        .bodyValue(new ErrorBody(text));
  }
}
