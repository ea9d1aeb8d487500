package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.edge.SharedMemory;
import java.util.List;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/**
 * Triton's shared memory extensions, which are off: there are no regions, to unregister them
 * succeeds (clients do so as they start), and to register one is refused.
 */
public final class SharedMemoryRoutes {
  /** Needs nothing. */
  public SharedMemoryRoutes() {}

  /** For the router. */
  public RouterFunction<ServerResponse> routes() {
    var builder = RouterFunctions.route();
    add(builder, "/v2/systemsharedmemory", SharedMemory.SYSTEM);
    add(builder, "/v2/cudasharedmemory", SharedMemory.CUDA);
    return builder.build();
  }

  private static void add(RouterFunctions.Builder builder, String root, SharedMemory memory) {
    for (var region : List.of(root, root + "/region/{region}")) {
      OipRoutes.only(
          builder, region + "/status", request -> status(request, memory), HttpMethod.GET);
      OipRoutes.only(builder, region + "/register", _ -> register(memory), HttpMethod.POST);
      OipRoutes.only(
          builder, region + "/unregister", _ -> ServerResponse.ok().build(), HttpMethod.POST);
    }
  }

  private static Mono<ServerResponse> status(ServerRequest request, SharedMemory memory) {
    return Mono.fromRunnable(
            () -> memory.requireNoName(request.pathVariables().getOrDefault("region", "")))
        .then(OipRoutes.json(200, List.of()));
  }

  private static Mono<ServerResponse> register(SharedMemory memory) {
    return Mono.error(memory::off);
  }
}
