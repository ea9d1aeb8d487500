package dev.millrace.serving.device;

/** What sort of processor a device is. */
public enum DeviceKind {
  /** The processors of this machine, all together. */
  CPU,
  /** One NVIDIA GPU, or one MIG instance of one. */
  GPU
}
