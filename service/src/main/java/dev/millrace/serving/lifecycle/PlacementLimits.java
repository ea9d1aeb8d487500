package dev.millrace.serving.lifecycle;

import java.time.Duration;

/**
 * How much models may take, all together.
 *
 * @param cpuBytes memory of the processors; 0 for four fifths of what the heap leaves of the
 *     container's
 * @param gpuShare the part of each GPU's memory
 * @param loadedModels models that are loaded at a time; 0 for any number
 * @param waitingRequests requests that wait for loads at a time; more are refused at once
 * @param patience how long a load waits for others' requests to end before it gives up
 */
public record PlacementLimits(
    long cpuBytes, double gpuShare, int loadedModels, int waitingRequests, Duration patience) {
  /** All memory but a reserve, and any number of models. */
  public static final PlacementLimits DEFAULTS =
      new PlacementLimits(0, 0.9, 0, 1024, Duration.ofSeconds(10));

  /** Refuses what makes no sense. */
  public PlacementLimits {
    if (cpuBytes < 0
        || !(gpuShare > 0 && gpuShare <= 1)
        || loadedModels < 0
        || waitingRequests < 0
        || patience.isNegative()) {
      throw new IllegalArgumentException(
          "cpu=%d bytes, loaded-models=%d, waiting-requests=%d and patience=%s must not be negative, and gpu-share=%s must be more than 0 and at most 1"
              .formatted(cpuBytes, loadedModels, waitingRequests, patience, gpuShare));
    }
  }
}
