package dev.millrace.serving.config;

import dev.millrace.serving.api.oip.grpc.GrpcServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;

/** Says once, when everything listens, where. */
final class Announcement implements ApplicationListener<ApplicationReadyEvent> {
  private static final Logger log = LoggerFactory.getLogger(Announcement.class);

  private final GrpcServer grpc;
  private final ServingProperties properties;
  private final Repository repository;

  Announcement(GrpcServer grpc, ServingProperties properties, Repository repository) {
    this.grpc = grpc;
    this.properties = properties;
    this.repository = repository;
  }

  @Override
  public void onApplicationEvent(ApplicationReadyEvent event) {
    var environment = event.getApplicationContext().getEnvironment();
    log.info(
        "Service is listening: http=http://{}:{} grpc={}:{} management=http://{}:{} models={}",
        properties.http().address(),
        port(environment, "local.server.port"),
        properties.http().address(),
        grpc.port(),
        properties.management().address(),
        port(environment, "local.management.port"),
        repository.description());
  }

  private static String port(Environment environment, String key) {
    return environment.getProperty(key, "?");
  }
}
