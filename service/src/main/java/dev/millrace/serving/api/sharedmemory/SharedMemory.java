package dev.millrace.serving.api.sharedmemory;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.util.Locale;

/**
 * What both protocols say of shared memory where it is off: no region is ever registered. Opening
 * what a client names is how other servers were broken into.
 */
public enum SharedMemory {
  /** Of the operating system. */
  SYSTEM,
  /** Of a GPU. */
  CUDA;

  /** The refusal of a region that a client registers. */
  public InferenceException off() {
    return new InferenceException(
        new InferenceFailure.Unsupported(
            "Client shared memory is disabled: Millrace maps no %s shared memory of clients. Send the tensors in the request, binary over HTTP or raw over gRPC."
                .formatted(word())));
  }

  /** The refusal of a region that a client asks about; the empty name asks about all. */
  public void requireNoName(String region) {
    if (!region.isEmpty()) {
      throw new InferenceException(
          new InferenceFailure.NotFound(
              "Unable to find %s shared memory region: '%s'; there is none."
                  .formatted(word(), region)));
    }
  }

  private String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
