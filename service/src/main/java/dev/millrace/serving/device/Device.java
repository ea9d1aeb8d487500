package dev.millrace.serving.device;

/**
 * What a model runs on.
 *
 * @param name as people read it: {@code cpu} or {@code cuda:0}
 * @param cores processors that a run on it may use
 */
public record Device(String name, int cores) {
  /** Refuses a device without processors. */
  public Device {
    if (cores < 1) {
      throw new IllegalArgumentException("Device '" + name + "' has " + cores + " cores, not 1");
    }
  }

  /** The processors of this machine, no more than the container's limit (the JVM reads cgroups). */
  public static Device cpu() {
    return new Device("cpu", Runtime.getRuntime().availableProcessors());
  }
}
