package dev.millrace.serving.config;

import dev.millrace.serving.api.edge.FastRoute;
import dev.millrace.serving.api.edge.InferEngine;
import dev.millrace.serving.api.edge.Inflation;
import dev.millrace.serving.api.edge.LiveLabels;
import dev.millrace.serving.api.edge.RequestLimits;
import dev.millrace.serving.api.json.DialectRoute;
import dev.millrace.serving.api.mlflow.HealthRoutes;
import dev.millrace.serving.api.mlflow.InvocationsDialect;
import dev.millrace.serving.api.mlflow.ModelChoice;
import dev.millrace.serving.api.mlflow.SageMakerRoutes;
import dev.millrace.serving.api.mlflow.ServedDirectory;
import dev.millrace.serving.api.tfs.TfsDialect;
import dev.millrace.serving.api.tfs.TfsRoutes;
import dev.millrace.serving.api.tfs.VersionNames;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.repository.ModelControl;
import dev.millrace.serving.time.NanoClock;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/**
 * TensorFlow Serving's REST interface, KServe's first, MLflow's scoring protocol and SageMaker's.
 */
@Configuration(proxyBeanMethods = false)
class DialectConfiguration {
  @Bean
  LiveLabels liveLabels(ServingProperties properties) {
    return new LiveLabels(
        properties.directory().isSet() ? Set.of() : Set.of(properties.store().alias()));
  }

  @Bean
  VersionNames versionNames(LiveLabels labels) {
    return new VersionNames(labels);
  }

  @Bean
  FastRoute tfsRoute(
      VersionNames versions,
      InferEngine engine,
      RequestLimits limits,
      Inflation inflation,
      NanoClock clock) {
    return new DialectRoute(new TfsDialect(versions), engine, limits, inflation, clock);
  }

  @Bean
  FastRoute invocationsRoute(
      ServingProperties properties,
      InferEngine engine,
      ModelCatalog catalog,
      RequestLimits limits,
      Inflation inflation,
      NanoClock clock) {
    return new DialectRoute(
        new InvocationsDialect(ModelChoice.among(catalog, properties.defaultModel())),
        engine,
        limits,
        inflation,
        clock);
  }

  @Bean
  RouterFunction<ServerResponse> tfsRoutes(ModelCatalog catalog, VersionNames versions) {
    return new TfsRoutes(catalog, versions).routes();
  }

  @Bean
  RouterFunction<ServerResponse> healthRoutes(ModelCatalog catalog) {
    return new HealthRoutes(catalog).routes();
  }

  @Bean
  RouterFunction<ServerResponse> sageMakerRoutes(
      ModelCatalog catalog,
      ModelControl control,
      ServingProperties properties,
      ExecutorService blocking) {
    var directory =
        properties.directory().isSet()
            ? ServedDirectory.of(Path.of(properties.directory().path()))
            : ServedDirectory.none();
    return new SageMakerRoutes(catalog, control, directory, blocking).routes();
  }
}
