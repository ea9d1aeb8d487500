package dev.millrace.serving.telemetry;

import java.util.Locale;

/** What a request waited for most of its time in the queue. */
public enum WaitReason {
  /** Nothing but the wake-up of a worker. */
  NONE,
  /** A fuller batch. */
  COMPANY,
  /** All instances ran. */
  BUSY,
  /** Other models had the device. */
  SHARE,
  /** The model was being loaded. */
  LOAD;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** As headers and tags write it. */
  public String label() {
    return label;
  }
}
