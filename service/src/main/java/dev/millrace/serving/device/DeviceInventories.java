package dev.millrace.serving.device;

import dev.millrace.serving.time.NanoClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the devices of this machine. */
public final class DeviceInventories {
  private static final Logger log = LoggerFactory.getLogger(DeviceInventories.class);
  private static final Duration PROGRAM_LIMIT = Duration.ofSeconds(5);

  private DeviceInventories() {}

  /**
   * Asks NVML, or where it cannot be loaded {@code nvidia-smi}; without either there are the
   * processors only. Blocks for as long as the driver takes, some seconds at worst.
   *
   * @param nvml name or path of NVIDIA's management library
   * @param program name or path of {@code nvidia-smi}
   */
  public static DeviceInventory detect(String nvml, String program) {
    return detect(nvml, program, System.getenv("CUDA_VISIBLE_DEVICES"), Path.of("/"));
  }

  static DeviceInventory detect(String nvml, String program, @Nullable String visible, Path root) {
    var driver =
        NvmlDriver.start(nvml)
            .or(() -> NvidiaSmiDriver.start(program, PROGRAM_LIMIT, NanoClock.SYSTEM));
    driver.ifPresent(asked -> warnOfOtherOrder(asked.gpus()));
    var inventory = new MachineDevices(root, driver.orElse(null), visible);
    log.info(
        "Devices found: {} asked={}",
        inventory.devices().stream().map(Device::name).toList(),
        driver.map(GpuDriver::name).orElse("nobody about GPUs"));
    return inventory;
  }

  private static void warnOfOtherOrder(List<Gpu> gpus) {
    var order = System.getenv("CUDA_DEVICE_ORDER");
    if (!VisibleDevices.areOrderedAsListed(gpus, order)) {
      log.warn(
          "CUDA may number these GPUs differently, the fastest first: CUDA_DEVICE_ORDER={}. Set it to PCI_BUS_ID.",
          order);
    }
  }
}
