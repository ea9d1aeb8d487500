package dev.millrace.serving.device;

/**
 * What a model runs on.
 *
 * @param kind processor or GPU
 * @param ordinal the number that CUDA knows it by in this process, after {@code
 *     CUDA_VISIBLE_DEVICES}; 0 for the processors
 * @param uuid NVIDIA's identity of the GPU or MIG instance; empty for the processors
 * @param cores processors that a run on it may use
 */
public record Device(DeviceKind kind, int ordinal, String uuid, int cores) {
  /** Refuses a device without processors. */
  public Device {
    if (cores < 1) {
      throw new IllegalArgumentException("A device has " + cores + " cores, not 1 or more");
    }
  }

  /** The processors of this machine, no more than the container's limit (the JVM reads cgroups). */
  public static Device cpu() {
    return new Device(DeviceKind.CPU, 0, "", Runtime.getRuntime().availableProcessors());
  }

  /** As people read it: {@code cpu} or {@code cuda:0}. */
  public String name() {
    return kind == DeviceKind.CPU ? "cpu" : "cuda:" + ordinal;
  }
}
