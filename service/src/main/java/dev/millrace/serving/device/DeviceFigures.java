package dev.millrace.serving.device;

import dev.millrace.serving.telemetry.DeviceMeters;
import dev.millrace.serving.time.NanoClock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Figures of one device for its meters: one question to the driver answers a whole scrape. */
public final class DeviceFigures implements Supplier<DeviceMeters.Figures> {
  private static final long FRESH_NANOS = 500_000_000;

  private final DeviceInventory inventory;
  private final Device device;
  private final NanoClock clock;

  /** Guarded by this. */
  private DeviceMeters.@Nullable Figures last;

  /** Guarded by this. */
  private long askedNanos;

  private DeviceFigures(DeviceInventory inventory, Device device, NanoClock clock) {
    this.inventory = inventory;
    this.device = device;
    this.clock = clock;
  }

  /** Registers the meters of all devices. */
  public static void register(DeviceInventory inventory, DeviceMeters meters, NanoClock clock) {
    for (var device : inventory.devices()) {
      var figures = new DeviceFigures(inventory, device, clock);
      switch (device.kind()) {
        case CPU -> meters.processors(figures);
        case GPU -> meters.gpu(device.uuid(), figures);
      }
    }
  }

  @Override
  public synchronized DeviceMeters.Figures get() {
    long now = clock.nanos();
    var figures = last;
    if (figures == null || now - askedNanos > FRESH_NANOS) {
      figures = figures(inventory.state(device));
      last = figures;
      askedNanos = now;
    }
    return figures;
  }

  private static DeviceMeters.Figures figures(DeviceState state) {
    return new DeviceMeters.Figures(
        state.utilization(),
        state.memory().totalBytes(),
        state.memory().usedBytes(),
        state.powerWatts(),
        state.powerLimitWatts(),
        state.energyJoules());
  }
}
