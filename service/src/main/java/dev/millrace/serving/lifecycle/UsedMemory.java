package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceInventory;
import dev.millrace.serving.device.DeviceKind;
import dev.millrace.serving.device.ProcessMemory;

/** Measures what is taken of a device, to learn from the difference what a model takes. */
@FunctionalInterface
public interface UsedMemory {
  /** Bytes in use now; thread-safe, takes microseconds to milliseconds. */
  long bytes(Device device);

  /** For the processors the native memory of this process, for a GPU what its driver says. */
  static UsedMemory of(DeviceInventory inventory) {
    return device ->
        device.kind() == DeviceKind.CPU
            ? ProcessMemory.usedBytes()
            : inventory.memory(device).usedBytes();
  }
}
