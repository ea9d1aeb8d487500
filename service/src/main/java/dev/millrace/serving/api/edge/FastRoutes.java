package dev.millrace.serving.api.edge;

import dev.millrace.serving.telemetry.FailureReason;
import java.util.Arrays;
import java.util.List;

/** Several routes as one: a request goes to the first that takes it. */
public final class FastRoutes implements FastRoute {
  private final FastRoute[] routes;

  /**
   * Asks them in this order.
   *
   * @param routes of requests that name no route, such as one whose head cannot be read, the first
   *     keeps count; so there has to be one
   */
  public FastRoutes(List<FastRoute> routes) {
    if (routes.isEmpty()) {
      throw new IllegalArgumentException("There is no route.");
    }
    this.routes = routes.toArray(FastRoute[]::new);
  }

  @Override
  public boolean takes(String uri) {
    for (var route : routes) {
      if (route.takes(uri)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public List<String> patterns() {
    return Arrays.stream(routes).flatMap(route -> route.patterns().stream()).toList();
  }

  @Override
  public void handle(FastRequest request, FastExchange exchange) {
    of(request.uri()).handle(request, exchange);
  }

  @Override
  public void refused(String uri, FailureReason reason) {
    of(uri).refused(uri, reason);
  }

  private FastRoute of(String uri) {
    for (var route : routes) {
      if (route.takes(uri)) {
        return route;
      }
    }
    return routes[0];
  }
}
