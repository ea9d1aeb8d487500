package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.sharedmemory.RegionDescription;
import dev.millrace.serving.api.sharedmemory.SharedMemory;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import java.util.List;
import java.util.concurrent.Executor;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;

/**
 * Triton's shared memory extensions. That of GPUs is off, and that of the system unless the
 * operator allows it: then there are no regions, to unregister them succeeds (clients do so as they
 * start), and to register one is refused.
 */
public final class SharedMemoryRoutes {
  private final SharedRegions regions;
  private final Scheduler blocking;

  /** Opens files on the threads of {@code blocking}. */
  public SharedMemoryRoutes(SharedRegions regions, Executor blocking) {
    this.regions = regions;
    this.blocking = Schedulers.fromExecutor(blocking);
  }

  /** For the router. */
  public RouterFunction<ServerResponse> routes() {
    var builder = RouterFunctions.route();
    addSystem(builder, "/v2/systemsharedmemory");
    addCuda(builder, "/v2/cudasharedmemory");
    return builder.build();
  }

  private void addSystem(RouterFunctions.Builder builder, String root) {
    for (var path : List.of(root, root + "/region/{region}")) {
      OipRoutes.only(builder, path + "/status", this::status, HttpMethod.GET);
      OipRoutes.only(builder, path + "/register", this::register, HttpMethod.POST);
      OipRoutes.only(builder, path + "/unregister", this::unregister, HttpMethod.POST);
    }
  }

  private Mono<ServerResponse> status(ServerRequest request) {
    return Mono.fromCallable(
            () -> regions.status(region(request)).stream().map(RegionStatus::of).toList())
        .flatMap(status -> OipRoutes.json(200, status));
  }

  private Mono<ServerResponse> register(ServerRequest request) {
    if (!regions.allowed()) {
      return Mono.error(SharedMemory.SYSTEM::off);
    }
    var name = region(request);
    return ControlBody.of(request)
        .map(body -> wanted(name, body.fields()))
        .flatMap(
            wanted ->
                Mono.fromRunnable(() -> regions.register(wanted)).subscribeOn(blocking).then())
        .then(ServerResponse.ok().build());
  }

  private Mono<ServerResponse> unregister(ServerRequest request) {
    return Mono.fromRunnable(() -> regions.unregister(region(request)))
        .subscribeOn(blocking)
        .then(ServerResponse.ok().build());
  }

  private static RegionDescription wanted(String name, JsonNode fields) {
    var key = fields.path("key");
    if (!key.isString()) {
      throw JsonReader.refusal("Unable to parse 'key': expected a string");
    }
    long offset = fields.has("offset") ? number(fields, "offset") : 0;
    return new RegionDescription(name, key.asString(), offset, number(fields, "byte_size"));
  }

  private static long number(JsonNode fields, String field) {
    var value = fields.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw JsonReader.refusal(
          "Unable to parse '" + field + "': expected a whole number, 0 or larger, below 2^63");
    }
    return value.asLong();
  }

  private static void addCuda(RouterFunctions.Builder builder, String root) {
    for (var path : List.of(root, root + "/region/{region}")) {
      OipRoutes.only(builder, path + "/status", SharedMemoryRoutes::statusOfCuda, HttpMethod.GET);
      OipRoutes.only(
          builder, path + "/register", _ -> Mono.error(SharedMemory.CUDA::off), HttpMethod.POST);
      OipRoutes.only(
          builder, path + "/unregister", _ -> ServerResponse.ok().build(), HttpMethod.POST);
    }
  }

  private static Mono<ServerResponse> statusOfCuda(ServerRequest request) {
    return Mono.fromRunnable(() -> SharedMemory.CUDA.requireNoName(region(request)))
        .then(OipRoutes.json(200, List.of()));
  }

  private static String region(ServerRequest request) {
    return request.pathVariables().getOrDefault("region", "");
  }

  @JsonNaming(SnakeCaseStrategy.class)
  private record RegionStatus(String name, String key, long offset, long byteSize) {
    static RegionStatus of(RegionDescription region) {
      return new RegionStatus(region.name(), region.key(), region.offset(), region.byteSize());
    }
  }
}
