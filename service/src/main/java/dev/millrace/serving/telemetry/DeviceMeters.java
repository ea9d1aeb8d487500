package dev.millrace.serving.telemetry;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** The meters of the devices, read when they are scraped. */
public final class DeviceMeters {
  private final MeterRegistry registry;

  /** Registers with this registry. */
  public DeviceMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  /** What is measured of a device at one moment; NaN where nobody knows. */
  public record Figures(
      double utilization,
      double totalBytes,
      double usedBytes,
      double powerWatts,
      double powerLimitWatts,
      double energyJoules) {}

  /** The processors. */
  public void processors(Supplier<Figures> now) {
    gauge(ServingMeter.CPU_UTILIZATION, Tags.empty(), now, Figures::utilization);
    gauge(ServingMeter.CPU_MEMORY_TOTAL, Tags.empty(), now, Figures::totalBytes);
    gauge(ServingMeter.CPU_MEMORY_USED, Tags.empty(), now, Figures::usedBytes);
  }

  /** A GPU. */
  public void gpu(String uuid, Supplier<Figures> now) {
    var tags = Tags.of("gpu_uuid", uuid);
    gauge(ServingMeter.GPU_UTILIZATION, tags, now, Figures::utilization);
    gauge(ServingMeter.GPU_MEMORY_TOTAL, tags, now, Figures::totalBytes);
    gauge(ServingMeter.GPU_MEMORY_USED, tags, now, Figures::usedBytes);
    gauge(ServingMeter.GPU_POWER_USAGE, tags, now, Figures::powerWatts);
    gauge(ServingMeter.GPU_POWER_LIMIT, tags, now, Figures::powerLimitWatts);
    gauge(ServingMeter.GPU_ENERGY, tags, now, Figures::energyJoules);
  }

  private void gauge(
      ServingMeter meter, Tags tags, Supplier<Figures> now, ToDoubleFunction<Figures> figure) {
    Gauge.builder(meter.meterName(), () -> figure.applyAsDouble(now.get()))
        .description(meter.description())
        .tags(tags)
        .strongReference(true)
        .register(registry);
  }
}
