package dev.millrace.serving.config;

import dev.millrace.serving.api.docs.DocsRoutes;
import dev.millrace.serving.api.edge.BodyBudget;
import dev.millrace.serving.api.edge.ChangeableSettings;
import dev.millrace.serving.api.edge.ConnectionLimits;
import dev.millrace.serving.api.edge.ErrorResponses;
import dev.millrace.serving.api.edge.FastPath;
import dev.millrace.serving.api.edge.FastPathCustomizer;
import dev.millrace.serving.api.edge.FastRoute;
import dev.millrace.serving.api.edge.FastRoutes;
import dev.millrace.serving.api.edge.InFlightRequests;
import dev.millrace.serving.api.edge.InferEngine;
import dev.millrace.serving.api.edge.Inflation;
import dev.millrace.serving.api.edge.RequestLimits;
import dev.millrace.serving.api.oip.rest.InferRoute;
import dev.millrace.serving.api.oip.rest.OipRoutes;
import dev.millrace.serving.api.oip.rest.RepositoryRoutes;
import dev.millrace.serving.api.oip.rest.SettingsRoutes;
import dev.millrace.serving.api.oip.rest.SharedMemoryRoutes;
import dev.millrace.serving.api.oip.rest.StatisticsRoutes;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.repository.ModelControl;
import dev.millrace.serving.time.NanoClock;
import java.util.List;
import java.util.concurrent.ExecutorService;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/**
 * The Open Inference Protocol over HTTP: infer in the Netty pipeline, the rest as Spring routes.
 */
@Configuration(proxyBeanMethods = false)
class RestConfiguration {
  @Bean
  InFlightRequests httpInFlight() {
    return new InFlightRequests();
  }

  @Bean
  InferEngine inferEngine(InferenceService inference, ModelCatalog catalog) {
    return InferEngine.of(inference, catalog);
  }

  /** One for all routes, since it bounds what is inflated at a time. */
  @Bean
  Inflation inflation(RequestLimits limits) {
    return new Inflation(limits.maxBodyBytes());
  }

  /** The first one, since it counts the requests that name no route. */
  @Bean
  @Order(Ordered.HIGHEST_PRECEDENCE)
  FastRoute inferRoute(
      InferEngine engine,
      RequestLimits limits,
      Inflation inflation,
      SharedRegions regions,
      NanoClock clock) {
    return new InferRoute(engine, limits, inflation, regions, clock);
  }

  @Bean
  WebServerFactoryCustomizer<NettyReactiveWebServerFactory> fastPath(
      List<FastRoute> routes,
      RequestLimits limits,
      BodyBudget bodies,
      ServingProperties properties,
      InFlightRequests httpInFlight) {
    var connections = ConnectionLimits.DEFAULT.withIdle(properties.http().idleTimeout());
    var path = new FastPath(new FastRoutes(routes), limits, connections, bodies, httpInFlight);
    return factory -> factory.addServerCustomizers(new FastPathCustomizer(path));
  }

  @Bean
  RouterFunction<ServerResponse> oipRoutes(ModelCatalog catalog, SharedRegions regions) {
    return new StatisticsRoutes(catalog).routes().and(new OipRoutes(catalog, regions).routes());
  }

  @Bean
  RouterFunction<ServerResponse> settingsRoutes(ChangeableSettings changeable) {
    return new SettingsRoutes(changeable).routes();
  }

  @Bean
  RouterFunction<ServerResponse> sharedMemoryRoutes(
      SharedRegions regions, ExecutorService blocking) {
    return new SharedMemoryRoutes(regions, blocking).routes();
  }

  @Bean
  RouterFunction<ServerResponse> repositoryRoutes(
      ModelControl control, ExecutorService blocking, RequestLimits limits) {
    return new RepositoryRoutes(control, blocking, limits.maxBodyBytes()).routes();
  }

  @Bean
  RouterFunction<ServerResponse> docsRoutes(ExecutorService blocking) {
    return new DocsRoutes(blocking).routes();
  }

  @Bean
  ErrorResponses errorResponses() {
    return new ErrorResponses(RequestLimits.DEFAULT.bodyTimeout());
  }
}
