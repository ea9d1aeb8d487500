package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.scheduling.SchedulerSettings;

/**
 * On what, and how, versions run.
 *
 * @param instances copies of each version, each with a worker thread of its own
 */
public record EngineSettings(
    Device device, int instances, RuntimeSettings runtime, SchedulerSettings scheduling) {
  /** Refuses a version without a copy. */
  public EngineSettings {
    if (instances < 1) {
      throw new IllegalArgumentException("instances is " + instances + "; it must be 1 or more");
    }
  }

  /** One copy of each version on this machine's processors. */
  public static EngineSettings defaults() {
    return new EngineSettings(
        Device.cpu(), 1, RuntimeSettings.defaults(), SchedulerSettings.defaults());
  }
}
