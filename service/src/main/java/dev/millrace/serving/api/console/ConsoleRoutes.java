package dev.millrace.serving.api.console;

import dev.millrace.serving.api.edge.ControlRoutes;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.time.NanoClock;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** {@code GET /console/status}: the numbers behind the page. */
public final class ConsoleRoutes {
  private final ConsoleReport report;

  /** Counts the uptime from now on. */
  public ConsoleRoutes(ModelCatalog catalog, NanoClock clock) {
    report = new ConsoleReport(catalog, clock);
  }

  /** For the router. */
  public RouterFunction<ServerResponse> routes() {
    var builder = RouterFunctions.route();
    ControlRoutes.only(builder, "/console/status", _ -> status(), HttpMethod.GET, HttpMethod.HEAD);
    return builder.build();
  }

  private Mono<ServerResponse> status() {
    return ServerResponse.ok()
        .contentType(MediaType.APPLICATION_JSON)
        .cacheControl(CacheControl.noStore())
        .bodyValue(report.status());
  }
}
