package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.sharedmemory.RegionPart;
import org.jspecify.annotations.Nullable;

/**
 * An output that a request names, and the form it wants for it.
 *
 * @param classes how many of its highest classes are wanted instead of it; 0 for the output itself
 * @param part of a region, into which the output is written instead of the answer; null for none
 */
record RequestedOutput(String name, Form form, int classes, @Nullable RegionPart part) {
  /** The output itself. */
  RequestedOutput(String name, Form form) {
    this(name, form, 0, null);
  }

  /** How a tensor travels. */
  enum Form {
    /** As the request says for all outputs. */
    UNSAID,
    JSON,
    BINARY;

    static Form of(boolean binary) {
      return binary ? BINARY : JSON;
    }
  }
}
