package dev.millrace.serving.config;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.springframework.core.io.Resource;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RequestPredicate;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import reactor.core.publisher.Mono;

/**
 * Collects the routes of Spring as {@code GET /path}; those for any method have none of their own.
 */
final class MappedRoutes implements RouterFunctions.Visitor {
  private final Set<String> routes = new TreeSet<>();

  static Set<String> of(Iterable<RouterFunction<?>> functions) {
    var visitor = new MappedRoutes();
    functions.forEach(function -> function.accept(visitor));
    return visitor.routes;
  }

  @Override
  public void route(RequestPredicate predicate, HandlerFunction<?> handler) {
    var parts = new Parts();
    predicate.accept(parts);
    parts.methods.stream()
        .filter(method -> !method.equals(HttpMethod.HEAD))
        .forEach(method -> routes.add(method + " " + parts.path));
  }

  @Override
  public void startNested(RequestPredicate predicate) {
    throw new IllegalStateException("Nested routes are not walked here yet: " + predicate);
  }

  @Override
  public void endNested(RequestPredicate predicate) {}

  @Override
  public void resources(Function<ServerRequest, Mono<Resource>> lookup) {}

  @Override
  public void attributes(Map<String, Object> attributes) {}

  @Override
  public void unknown(RouterFunction<?> function) {
    throw new IllegalStateException("A route that cannot be walked: " + function);
  }

  /** What one predicate asks for. */
  private static final class Parts implements RequestPredicates.Visitor {
    private Set<HttpMethod> methods = Set.of();
    private String path = "";

    @Override
    public void method(Set<HttpMethod> asked) {
      methods = asked;
    }

    @Override
    public void path(String pattern) {
      path = pattern;
    }

    @Override
    public void header(String name, String value) {}

    @Override
    public void queryParam(String name, String value) {}

    @Override
    @SuppressWarnings({"deprecation", "removal"}) // asked for by the interface
    public void pathExtension(String extension) {}

    @Override
    public void version(String version) {}

    @Override
    public void startAnd() {}

    @Override
    public void and() {}

    @Override
    public void endAnd() {}

    @Override
    public void startOr() {}

    @Override
    public void or() {}

    @Override
    public void endOr() {}

    @Override
    public void startNegate() {}

    @Override
    public void endNegate() {}

    @Override
    public void unknown(RequestPredicate predicate) {
      throw new IllegalStateException("A predicate that cannot be walked: " + predicate);
    }
  }
}
