package dev.millrace.serving.telemetry;

import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;

/**
 * Hands out the meters of each model version. Two holders of one version (a reload beside the copy
 * that still drains) share them; they leave the registry when the last holder closes. Thread-safe.
 */
public final class ServingMeters {
  private final MeterRegistry registry;
  private final NanoClock clock;

  /** Guarded by itself. */
  private final Map<ModelKey, ModelMeters> open = new HashMap<>();

  /** Registers the meters with this registry. */
  public ServingMeters(MeterRegistry registry, NanoClock clock) {
    this.registry = registry;
    this.clock = clock;
  }

  /** The meters of a version; close them when it is unloaded. */
  public ModelMeters open(String model, String version) {
    synchronized (open) {
      return open.computeIfAbsent(new ModelKey(model, version), this::register).retain();
    }
  }

  void release(ModelMeters meters) {
    synchronized (open) {
      if (meters.releaseLast()) {
        open.remove(new ModelKey(meters.model(), meters.version()));
        meters.unregister(registry);
      }
    }
  }

  private ModelMeters register(ModelKey key) {
    return new ModelMeters(key.model(), key.version(), this, registry, clock);
  }

  private record ModelKey(String model, String version) {}
}
