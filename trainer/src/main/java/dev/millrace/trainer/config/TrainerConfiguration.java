package dev.millrace.trainer.config;

import dev.millrace.trainer.api.AccessFilter;
import dev.millrace.trainer.api.JsonErrorValve;
import dev.millrace.trainer.architecture.PyTorch;
import dev.millrace.trainer.retraining.ProgressLine;
import dev.millrace.trainer.retraining.ProgressLog;
import dev.millrace.trainer.retraining.RetrainingJob;
import dev.millrace.trainer.retraining.Retrainings;
import dev.millrace.trainer.tracking.ModelStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

/** Puts the trainer together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(TrainerSettings.class)
class TrainerConfiguration {
  private static final Logger log = LoggerFactory.getLogger(TrainerConfiguration.class);

  @Bean
  ModelStore modelStore(TrainerSettings settings) {
    var store = settings.store();
    return new ModelStore(store.url(), given(store.token()), store.patience());
  }

  @Bean
  Retrainings retrainings(
      TrainerSettings settings, ModelStore store, ObjectProvider<ProgressLine> line) {
    PyTorch.prepare(settings.home().resolve("djl"), settings.threads());
    var workspace = settings.home().resolve("trainer");
    return new Retrainings(
        new RetrainingJob(store, workspace, line.getIfAvailable(ProgressLog::new)));
  }

  @Bean
  AccessFilter accessFilter(TrainerSettings settings) {
    return new AccessFilter(given(settings.token()));
  }

  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> jsonErrors() {
    return factory ->
        factory.addContextCustomizers(
            context -> context.getParent().getPipeline().addValve(new JsonErrorValve()));
  }

  @EventListener
  void listening(WebServerInitializedEvent event) {
    log.info("Trainer listening: port={}", event.getWebServer().getPort());
  }

  private static @Nullable String given(@Nullable String token) {
    return token == null || token.isBlank() ? null : token;
  }
}
