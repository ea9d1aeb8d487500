package dev.millrace.serving.device;

import java.util.List;

/** The devices of this process. Thread-safe; asking may take milliseconds. */
public interface DeviceInventory {
  /**
   * The processors first, then the GPUs by ordinal; also those that have failed since the start.
   */
  List<Device> devices();

  /** The memory of one of them, now. */
  DeviceMemory memory(Device device);

  /** The health of one of them, now. */
  DeviceHealth health(Device device);

  /** All that is known of one of them, now. */
  default DeviceState state(Device device) {
    return DeviceState.of(device, memory(device), health(device));
  }
}
