package dev.millrace.serving.config;

import dev.millrace.serving.api.management.DevicesEndpoint;
import dev.millrace.serving.device.DeviceFigures;
import dev.millrace.serving.device.DeviceInventories;
import dev.millrace.serving.device.DeviceInventory;
import dev.millrace.serving.runtime.ModelRuntimes;
import dev.millrace.serving.telemetry.DeviceMeters;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What models run on. */
@Configuration(proxyBeanMethods = false)
class DeviceConfiguration {
  @Bean
  DeviceInventory devices(ServingProperties properties, MeterRegistry registry, NanoClock clock) {
    var found =
        DeviceInventories.detect(properties.devices().nvml(), properties.devices().nvidiaSmi());
    DeviceFigures.register(found, new DeviceMeters(registry), clock);
    return found;
  }

  @Bean
  DevicesEndpoint devicesEndpoint(DeviceInventory devices) {
    return new DevicesEndpoint(ModelRuntimes.installed().runnable(devices));
  }
}
