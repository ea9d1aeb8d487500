package dev.millrace.serving.config;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceHealth;
import dev.millrace.serving.device.DeviceInventory;
import dev.millrace.serving.device.DeviceMemory;
import java.lang.management.ManagementFactory;
import java.util.List;

/** The processors of this machine and no GPU. */
final class Processors implements DeviceInventory {
  private final OperatingSystemMXBean system =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  @Override
  public List<Device> devices() {
    return List.of(Device.cpu());
  }

  @Override
  public DeviceMemory memory(Device device) {
    long total = system.getTotalMemorySize();
    return new DeviceMemory(total, total - system.getFreeMemorySize());
  }

  @Override
  public DeviceHealth health(Device device) {
    return new DeviceHealth.Healthy();
  }
}
