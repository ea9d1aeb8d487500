package dev.millrace.serving.config;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Import;

/** The whole service. Its parts are named, not scanned for: the management port has its own. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableConfigurationProperties(ServingProperties.class)
@Import({
  DeviceConfiguration.class,
  EngineConfiguration.class,
  ProtocolConfiguration.class,
  RestConfiguration.class,
  DialectConfiguration.class,
  LifecycleConfiguration.class
})
class ServingConfiguration {}
