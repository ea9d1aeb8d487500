package dev.millrace.serving.device;

/**
 * Memory of a device at one moment, in bytes, used by whomever.
 *
 * @param totalBytes what the device has; for processors the container's limit, or the machine's
 * @param usedBytes what is taken of it
 */
public record DeviceMemory(long totalBytes, long usedBytes) {
  /** What is left. */
  public long freeBytes() {
    return Math.max(totalBytes - usedBytes, 0);
  }
}
