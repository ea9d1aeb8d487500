package dev.millrace.serving.device;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The processors of this machine, and the GPUs that CUDA shows to this process. */
final class MachineDevices implements DeviceInventory {
  private final ProcessorMemory processorMemory;
  private final @Nullable GpuDriver driver;

  /** By ordinal, fixed when the process starts, as CUDA fixes it. */
  private final List<Gpu> gpus;

  private final List<NumaNode> numaNodes;
  private final Device processors = Device.cpu();

  MachineDevices(Path root, @Nullable GpuDriver driver, @Nullable String visible) {
    processorMemory = new ProcessorMemory(root);
    numaNodes = NumaNodes.read(root);
    this.driver = driver;
    gpus = driver == null ? List.of() : VisibleDevices.of(driver.gpus(), visible);
  }

  @Override
  public List<Device> devices() {
    var devices = new ArrayList<Device>(1 + gpus.size());
    devices.add(processors);
    for (int i = 0; i < gpus.size(); i++) {
      devices.add(new Device(DeviceKind.GPU, i, gpus.get(i).uuid(), processors.cores()));
    }
    return devices;
  }

  @Override
  public DeviceMemory memory(Device device) {
    return state(device).memory();
  }

  @Override
  public DeviceHealth health(Device device) {
    return state(device).health();
  }

  @Override
  public DeviceState state(Device device) {
    return device.kind() == DeviceKind.CPU
        ? DeviceState.ofProcessors(device, processorMemory.read(), numaNodes)
        : gpuState(device);
  }

  private DeviceState gpuState(Device device) {
    var gpu = gpus.get(device.ordinal());
    try {
      return driver == null
          ? DeviceState.lost(device, gpu.name(), "no driver")
          : DeviceState.ofGpu(device, gpu.name(), driver.read(gpu));
    } catch (GpuLostException e) {
      return DeviceState.lost(device, gpu.name(), String.valueOf(e.getMessage()));
    }
  }
}
