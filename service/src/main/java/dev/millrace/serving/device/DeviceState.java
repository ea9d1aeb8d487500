package dev.millrace.serving.device;

import java.util.List;

/**
 * What is known of a device at one moment; NaN where nobody knows a figure.
 *
 * @param product what was bought, as its driver calls it
 * @param numaNodes of the processors; empty for GPUs
 * @param utilization 0 to 1
 * @param energyJoules since the driver was loaded
 */
public record DeviceState(
    Device device,
    String product,
    List<NumaNode> numaNodes,
    DeviceMemory memory,
    DeviceHealth health,
    double utilization,
    double powerWatts,
    double powerLimitWatts,
    double energyJoules) {
  /** Copies the list. */
  public DeviceState {
    numaNodes = List.copyOf(numaNodes);
  }

  /** The same figures, with what somebody else knows of its health. */
  public DeviceState with(DeviceHealth known) {
    return new DeviceState(
        device,
        product,
        numaNodes,
        memory,
        known,
        utilization,
        powerWatts,
        powerLimitWatts,
        energyJoules);
  }

  static DeviceState ofProcessors(Device device, DeviceMemory memory, List<NumaNode> numaNodes) {
    return new DeviceState(
        device,
        device.cores() + " processors",
        numaNodes,
        memory,
        new DeviceHealth.Healthy(),
        ProcessorLoad.now(),
        Double.NaN,
        Double.NaN,
        Double.NaN);
  }

  static DeviceState ofGpu(Device device, String product, GpuReading reading) {
    return new DeviceState(
        device,
        product,
        List.of(),
        reading.memory(),
        health(device, reading.uncorrectedErrors()),
        reading.utilization(),
        reading.powerWatts(),
        reading.powerLimitWatts(),
        reading.energyJoules());
  }

  static DeviceState lost(Device device, String product, String reason) {
    return unmeasured(device, product, new DeviceMemory(0, 0), new DeviceHealth.Failed(reason));
  }

  static DeviceState of(Device device, DeviceMemory memory, DeviceHealth health) {
    return unmeasured(device, device.name(), memory, health);
  }

  private static DeviceState unmeasured(
      Device device, String product, DeviceMemory memory, DeviceHealth health) {
    return new DeviceState(
        device, product, List.of(), memory, health, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
  }

  private static DeviceHealth health(Device device, long uncorrectedErrors) {
    return uncorrectedErrors == 0
        ? new DeviceHealth.Healthy()
        : new DeviceHealth.Failed(
            "GPU %s has %d memory errors that could not be corrected. Reset it, or replace it."
                .formatted(device.uuid(), uncorrectedErrors));
  }
}
