package dev.millrace.serving.config;

import dev.millrace.serving.api.console.ConsoleRoutes;
import dev.millrace.serving.api.console.PageHeaders;
import dev.millrace.serving.api.edge.BodyBudget;
import dev.millrace.serving.api.edge.ChangeableSettings;
import dev.millrace.serving.api.edge.LiveLabels;
import dev.millrace.serving.api.edge.LogSettings;
import dev.millrace.serving.api.edge.RequestLimits;
import dev.millrace.serving.api.edge.TraceSettings;
import dev.millrace.serving.api.image.ClassifyRoutes;
import dev.millrace.serving.api.image.PictureSettings;
import dev.millrace.serving.api.oip.grpc.GrpcServer;
import dev.millrace.serving.api.oip.grpc.GrpcSettings;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.api.tfserving.grpc.TfServingGrpc;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.repository.ModelControl;
import dev.millrace.serving.time.NanoClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.netty.resources.LoopResources;

/** The protocols on the two data ports. */
@Configuration(proxyBeanMethods = false)
class ProtocolConfiguration {
  /** For whatever may wait: decoding pictures, loading models on request. */
  @Bean
  ExecutorService blocking() {
    return Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("blocking-", 1).factory());
  }

  @Bean
  ReactorResourceFactory httpLoops(ServingProperties properties) {
    var loops = properties.http().eventLoopsOrHalfTheCores();
    var resources = new ReactorResourceFactory();
    resources.setUseGlobalResources(false);
    resources.setLoopResourcesSupplier(() -> LoopResources.create("http-loop", loops, true));
    // The stop of the servers has waited for the requests already.
    resources.setShutdownQuietPeriod(Duration.ZERO);
    return resources;
  }

  @Bean
  HttpListener httpListener() {
    return new HttpListener();
  }

  @Bean
  RequestLimits requestLimits(ServingProperties properties) {
    var defaults = RequestLimits.DEFAULT;
    return new RequestLimits(
        (int) properties.http().maxBody().toBytes(),
        defaults.headTimeout(),
        defaults.bodyTimeout());
  }

  @Bean
  BodyBudget bodyBudget(RequestLimits limits) {
    return BodyBudget.ofThisProcess(limits);
  }

  @Bean
  ChangeableSettings changeableSettings(LoggingSystem logging, ModelCatalog catalog) {
    return new ChangeableSettings(new LogSettings(logging), new TraceSettings(catalog));
  }

  @Bean
  SharedRegions sharedRegions(ServingProperties properties) throws IOException {
    return properties.allowSharedMemory()
        ? SharedRegions.in(Path.of("/dev/shm"))
        : SharedRegions.off();
  }

  @Bean
  GrpcServer grpcServer(
      ServingProperties properties,
      RequestLimits limits,
      BodyBudget bodies,
      InferenceService inference,
      ModelCatalog catalog,
      ModelControl control,
      ChangeableSettings changeable,
      SharedRegions regions,
      LiveLabels labels) {
    var http = properties.http();
    var grpc = properties.grpc();
    var settings =
        new GrpcSettings(
            http.address(),
            grpc.port(),
            http.eventLoopsOrHalfTheCores(),
            limits.maxBodyBytes(),
            limits.bodyTimeout(),
            grpc.permittedKeepAlive());
    return new GrpcServer(
        settings,
        bodies,
        inference,
        catalog,
        control,
        changeable,
        regions,
        new TfServingGrpc(inference, catalog, labels, limits.maxBodyBytes()));
  }

  @Bean
  RouterFunction<ServerResponse> classifyRoutes(
      ServingProperties properties,
      ModelCatalog catalog,
      InferenceService inference,
      ExecutorService blocking) {
    var pictures = properties.pictures();
    var settings =
        new PictureSettings(
            (int) pictures.maxBytes().toBytes(),
            pictures.maxPixels(),
            PictureSettings.decodersWithin(Runtime.getRuntime().maxMemory(), pictures.maxPixels()),
            pictures.patience());
    return new ClassifyRoutes(catalog, inference, settings, blocking).routes();
  }

  @Bean
  RouterFunction<ServerResponse> consoleRoutes(ModelCatalog catalog, NanoClock clock) {
    return new ConsoleRoutes(catalog, clock).routes();
  }

  @Bean
  PageHeaders pageHeaders() {
    return new PageHeaders();
  }
}
