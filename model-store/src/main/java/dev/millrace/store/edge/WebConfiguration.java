package dev.millrace.store.edge;

import dev.millrace.protocol.mlflow.MlflowJson;
import java.util.List;
import org.apache.tomcat.util.buf.EncodedSolidusHandling;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.servlet.config.annotation.PathMatchConfigurer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import tools.jackson.databind.json.JsonMapper;

/** Wires the HTTP edge. */
@Configuration(proxyBeanMethods = false)
class WebConfiguration implements WebMvcConfigurer {
  @Override
  public void configurePathMatch(PathMatchConfigurer paths) {
    paths.addPathPrefix("/{api:api|ajax-api}", type -> type.isAnnotationPresent(MlflowApi.class));
  }

  @Override
  public void addArgumentResolvers(List<HandlerMethodArgumentResolver> resolvers) {
    resolvers.add(new ParametersResolver(MlflowJson.mapper()));
    resolvers.add(new CallerValve.Resolver());
  }

  @Bean
  JsonMapper jsonMapper() {
    return MlflowJson.mapper();
  }

  @Bean
  AccessFilter accessFilter(
      @Value("${millrace.store-token}") String token, SignedLinks links, JsonMapper json) {
    return new AccessFilter(new AccessRule(token), links, json);
  }

  /**
   * Lets encoded slashes and backslashes through to the artifact routes, which refuse them with a
   * reason, and answers in JSON what Tomcat itself refuses.
   */
  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> tomcat() {
    return factory -> {
      factory.addConnectorCustomizers(
          connector -> {
            connector.setEncodedSolidusHandling(EncodedSolidusHandling.PASS_THROUGH.getValue());
            connector.setEncodedReverseSolidusHandling(
                EncodedSolidusHandling.PASS_THROUGH.getValue());
            // Who is refused for the headers alone need not send gigabytes first.
            connector.setProperty("continueResponseTiming", "onRead");
            connector.setProperty("relaxedPathChars", "\\[]|{}^`\"<>");
            connector.setProperty("relaxedQueryChars", "\\[]|{}^`\"<>");
          });
      factory.addContextCustomizers(
          context -> {
            context.getParent().getPipeline().addValve(new JsonErrorValve());
            context.getParent().getPipeline().addValve(new CallerValve());
          });
    };
  }
}
