package dev.millrace.serving.scheduling;

import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.time.NanoClock;

/** What surrounds the workers of one model. */
public record SchedulerContext(
    ModelMeters meters, NanoClock clock, DeviceShares shares, InstanceRepair repair) {
  /** A model that has its device for itself, and whose instances are not repaired. */
  public static SchedulerContext alone(ModelMeters meters, NanoClock clock) {
    return new SchedulerContext(meters, clock, DeviceShares.UNSHARED, InstanceRepair.NONE);
  }
}
