package dev.millrace.serving.telemetry;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/** The meters of loads, unloads and devices. Sums are gauges, as in {@link ModelMeters}. */
public final class PlacementMeters {
  private static final double[] LOAD_MICROS = {
    1_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000, 10_000_000, 60_000_000
  };

  private final MeterRegistry registry;
  private final Map<SumKey, LongAdder> sums = new ConcurrentHashMap<>();
  private final DistributionSummary coldLoads;

  private record SumKey(ServingMeter meter, Tags tags) {}

  /** Registers the meters with this registry. */
  public PlacementMeters(MeterRegistry registry) {
    this.registry = registry;
    sum(ServingMeter.MODEL_UNLOAD, Tags.empty());
    coldLoads =
        DistributionSummary.builder(ServingMeter.MODEL_COLD_LOAD.meterName())
            .description(ServingMeter.MODEL_COLD_LOAD.description())
            .serviceLevelObjectives(LOAD_MICROS)
            .register(registry);
  }

  /** A copy is on the processors because no GPU had room. */
  public void fellBack(String model) {
    sum(ServingMeter.PLACEMENT_FALLBACK, Tags.of("model", model)).increment();
  }

  /** A copy was opened in place of a broken one. */
  public void replaced(String model) {
    sum(ServingMeter.INSTANCE_REPAIR, Tags.of("model", model, "result", "replaced")).increment();
  }

  /** There was no place for another copy. */
  public void lost(String model) {
    sum(ServingMeter.INSTANCE_REPAIR, Tags.of("model", model, "result", "lost")).increment();
  }

  /** A model was unloaded to make room. */
  public void unloaded() {
    sum(ServingMeter.MODEL_UNLOAD, Tags.empty()).increment();
  }

  /** A request waited for a load that took so long. */
  public void loadedOnDemand(long nanos) {
    coldLoads.record(nanos / 1_000.0);
  }

  /** Shows what the models on a device take. */
  public void watch(String device, LongSupplier takenBytes) {
    Gauge.builder(ServingMeter.DEVICE_MODEL_MEMORY.meterName(), takenBytes::getAsLong)
        .description(ServingMeter.DEVICE_MODEL_MEMORY.description())
        .tags("device", device)
        .register(registry);
  }

  /** Shows how many models are out of service. */
  public void watchLost(IntSupplier models) {
    Gauge.builder(ServingMeter.MODELS_LOST.meterName(), models::getAsInt)
        .description(ServingMeter.MODELS_LOST.description())
        .register(registry);
  }

  private LongAdder sum(ServingMeter meter, Tags tags) {
    return sums.computeIfAbsent(new SumKey(meter, tags), this::register);
  }

  private LongAdder register(SumKey key) {
    var sum = new LongAdder();
    Gauge.builder(key.meter().meterName(), sum::sum)
        .description(key.meter().description())
        .tags(key.tags())
        .register(registry);
    return sum;
  }
}
