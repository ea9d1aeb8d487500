package dev.millrace.loadtest.traffic;

import java.util.Locale;

/** The ways to ask the service for an inference. */
public enum Protocol {
  /** Open Inference Protocol over HTTP, tensors as JSON. */
  JSON,
  /** The same with binary tensors. */
  BINARY,
  /** Open Inference Protocol over gRPC, raw tensors. */
  GRPC;

  /** The protocol of this name; an unknown one is refused with the names there are. */
  public static Protocol named(String name) {
    for (var protocol : values()) {
      if (protocol.label().equals(name)) {
        return protocol;
      }
    }
    throw new IllegalArgumentException(
        "Protocol '" + name + "' does not exist. Use json, binary or grpc.");
  }

  /** Its name on the command line and in tables. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
