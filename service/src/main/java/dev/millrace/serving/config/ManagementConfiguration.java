package dev.millrace.serving.config;

import dev.millrace.serving.api.management.ManagementFilter;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.context.annotation.Bean;

/** What the management port has and the data port has not; META-INF/spring names it. */
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
class ManagementConfiguration {
  @Bean
  ManagementFilter managementFilter(ServingProperties properties) {
    return new ManagementFilter(properties.management().token());
  }
}
