package dev.millrace.serving.fake;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceHealth;
import dev.millrace.serving.device.DeviceInventory;
import dev.millrace.serving.device.DeviceKind;
import dev.millrace.serving.device.DeviceMemory;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Devices whose memory and health a test sets; models of {@link FakeRuntime} take their memory. */
public final class FakeDevices implements DeviceInventory {
  /** The processors. */
  public static final Device CPU = new Device(DeviceKind.CPU, 0, "", 4);

  private final List<Device> devices = new CopyOnWriteArrayList<>();
  private final Map<Device, DeviceMemory> memory = new ConcurrentHashMap<>();
  private final Map<Device, DeviceHealth> health = new ConcurrentHashMap<>();
  private final AtomicInteger answers = new AtomicInteger(Integer.MAX_VALUE);

  /** Processors with so much memory. */
  public FakeDevices(long cpuBytes) {
    add(CPU, cpuBytes);
  }

  /** The GPU of this number. */
  public static Device gpu(int ordinal) {
    return new Device(DeviceKind.GPU, ordinal, "GPU-" + ordinal, 1);
  }

  /** Adds a GPU. */
  public FakeDevices withGpu(int ordinal, long bytes) {
    add(gpu(ordinal), bytes);
    return this;
  }

  private void add(Device device, long bytes) {
    devices.add(device);
    memory.put(device, new DeviceMemory(bytes, 0));
    health.put(device, new DeviceHealth.Healthy());
  }

  @Override
  public List<Device> devices() {
    return devices;
  }

  @Override
  public DeviceMemory memory(Device device) {
    return Objects.requireNonNull(memory.get(device));
  }

  @Override
  public DeviceHealth health(Device device) {
    return Objects.requireNonNull(health.get(device));
  }

  /** It breaks. */
  public void fail(Device device, String reason) {
    health.put(device, new DeviceHealth.Failed(reason));
  }

  /** Takes memory; false where there is not so much. */
  public boolean take(Device device, long bytes) {
    var fits = new AtomicBoolean();
    memory.computeIfPresent(
        device,
        (_, now) -> {
          fits.set(bytes <= now.freeBytes());
          return fits.get() ? new DeviceMemory(now.totalBytes(), now.usedBytes() + bytes) : now;
        });
    return fits.get();
  }

  /** Gives memory back. */
  public void give(Device device, long bytes) {
    memory.computeIfPresent(
        device, (_, now) -> new DeviceMemory(now.totalBytes(), now.usedBytes() - bytes));
  }

  /** The driver breaks once, after so many more questions for what is taken. */
  public void breakAfter(int questions) {
    answers.set(questions);
  }

  /** What is taken now. */
  public long used(Device device) {
    if (answers.getAndDecrement() == 0) {
      throw new IllegalStateException("the driver broke");
    }
    return memory(device).usedBytes();
  }
}
