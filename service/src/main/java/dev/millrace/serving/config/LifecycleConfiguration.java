package dev.millrace.serving.config;

import dev.millrace.serving.api.edge.InFlightRequests;
import dev.millrace.serving.api.oip.grpc.GrpcServer;
import dev.millrace.serving.device.ProcessMemory;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.time.NanoClock;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * What starts and stops when. A stop goes backwards: not ready but still serving, then no new
 * requests on either port while those under way finish, then the repository and the engine.
 */
@Configuration(proxyBeanMethods = false)
class LifecycleConfiguration {
  private static final Duration QUIET = Duration.ofMillis(300);
  private static final Duration CHECK = Duration.ofMillis(5);
  private static final int REPOSITORY_PHASE = 0;
  private static final int SERVERS_PHASE = WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE;

  @Bean
  Stage repositoryStage(Repository repository) {
    return new Stage(REPOSITORY_PHASE, repository.start(), () -> {});
  }

  @Bean
  Stage grpcStage(
      GrpcServer server,
      ServingProperties properties,
      Environment environment,
      StopDeadline deadline) {
    return new Stage(
        SERVERS_PHASE,
        () -> start(server, properties, environment),
        () -> server.stop(deadline.left()));
  }

  /** Before the graceful stop of Spring's server, which closes the connections. */
  @Bean
  Stage httpStage(HttpListener listener, InFlightRequests inFlight, StopDeadline deadline) {
    return new Stage(
        SERVERS_PHASE + 1,
        () -> {},
        () -> {
          listener.stopAccepting();
          awaitQuiet(inFlight, deadline.left());
        });
  }

  @Bean
  Stage drainStage(ModelCatalog catalog, InFlightRequests inFlight, ServingProperties properties) {
    return new Stage(
        Integer.MAX_VALUE,
        () -> {},
        () -> {
          catalog.drain();
          inFlight.drain();
          pause(properties.stop());
        });
  }

  @Bean
  Rehearsal rehearsal(
      ModelCatalog catalog, NanoClock clock, ServingProperties properties, GrpcServer server) {
    var rehearsal =
        new Rehearsal(
            catalog, clock, properties.rehearsal(), properties.http().ownHost(), server::port);
    if (properties.rehearsal().isPositive()) {
      catalog.rehearse(
          () -> {
            rehearsal.run();
            ProcessMemory.trim();
          });
    }
    return rehearsal;
  }

  @Bean
  Announcement announcement(
      GrpcServer server, ServingProperties properties, Repository repository) {
    return new Announcement(server, properties, repository);
  }

  /** A request whose head still comes in is not counted yet, so idle has to last a while. */
  private static void awaitQuiet(InFlightRequests inFlight, Duration limit) {
    long endNanos = System.nanoTime() + limit.toNanos();
    long idleSinceNanos = System.nanoTime();
    while (System.nanoTime() - idleSinceNanos < QUIET.toNanos()
        && System.nanoTime() < endNanos
        && !Thread.currentThread().isInterrupted()) {
      if (inFlight.count() > 0) {
        idleSinceNanos = System.nanoTime();
      }
      LockSupport.parkNanos(CHECK.toNanos());
    }
  }

  private static void start(
      GrpcServer server, ServingProperties properties, Environment environment) {
    try {
      server.start();
    } catch (IOException e) {
      throw StartFailures.unboundGrpc(e, properties, environment);
    }
  }

  /** Balancers and clients see that the server is not ready, and look elsewhere. */
  private static void pause(ServingProperties.Stop stop) {
    try {
      Thread.sleep(stop.drain());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
