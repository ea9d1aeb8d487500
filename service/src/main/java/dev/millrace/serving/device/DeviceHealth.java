package dev.millrace.serving.device;

/** Whether a device can be trusted with work. */
public sealed interface DeviceHealth {
  /** Nothing is known against it. */
  record Healthy() implements DeviceHealth {}

  /**
   * It must not get new instances.
   *
   * @param reason a sentence: gone, or uncorrectable memory errors
   */
  record Failed(String reason) implements DeviceHealth {}
}
