package dev.millrace.serving.runtime;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceHealth;
import dev.millrace.serving.device.DeviceInventory;
import dev.millrace.serving.device.DeviceMemory;
import dev.millrace.serving.device.DeviceState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Devices as the runtimes see them: one that none of them can use is as good as failed. */
final class RunnableDevices implements DeviceInventory {
  private final DeviceInventory all;
  private final Map<Device, DeviceHealth> useless = new HashMap<>();

  RunnableDevices(DeviceInventory all, List<ModelRuntime> runtimes) {
    this.all = all;
    for (var device : all.devices()) {
      objection(runtimes, device)
          .ifPresent(reason -> useless.put(device, new DeviceHealth.Failed(reason)));
    }
  }

  private static Optional<String> objection(List<ModelRuntime> runtimes, Device device) {
    var objections = runtimes.stream().map(runtime -> runtime.objectionTo(device)).toList();
    return objections.stream().allMatch(Optional::isPresent)
        ? objections.stream().flatMap(Optional::stream).reduce((one, other) -> one + "; " + other)
        : Optional.empty();
  }

  @Override
  public List<Device> devices() {
    return all.devices();
  }

  @Override
  public DeviceMemory memory(Device device) {
    return all.memory(device);
  }

  @Override
  public DeviceHealth health(Device device) {
    var known = useless.get(device);
    return known == null ? all.health(device) : known;
  }

  @Override
  public DeviceState state(Device device) {
    var known = useless.get(device);
    return known == null ? all.state(device) : all.state(device).with(known);
  }
}
