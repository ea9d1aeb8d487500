package dev.millrace.serving.api.console;

import static org.springframework.web.reactive.function.server.RequestPredicates.GET;
import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.time.NanoClock;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/** {@code GET /console/status}: the numbers behind the page. */
public final class ConsoleRoutes {
  private final ConsoleReport report;

  /** Counts the uptime from now on. */
  public ConsoleRoutes(ModelCatalog catalog, NanoClock clock) {
    report = new ConsoleReport(catalog, clock);
  }

  /** For the router. */
  public RouterFunction<ServerResponse> routes() {
    return route(
        GET("/console/status"),
        _ ->
            ServerResponse.ok()
                .contentType(MediaType.APPLICATION_JSON)
                .cacheControl(CacheControl.noStore())
                .bodyValue(report.status()));
  }
}
