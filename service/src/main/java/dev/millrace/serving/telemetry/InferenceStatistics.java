package dev.millrace.serving.telemetry;

import java.util.List;

/**
 * What one version has done since it was loaded, as Triton's statistics extension cuts it up. All
 * sums are those of the meters; requests that end while it is made may be in one and not in the
 * other.
 *
 * @param lastInferenceMillis when the model ran last or an answer came out of the cache, since the
 *     epoch; 0 for never
 * @param inferenceCount rows that the model answered; those out of the cache do not count
 * @param executionCount runs of the model
 * @param success requests answered, also out of the cache
 * @param fail requests that failed; those refused before they were queued took no time
 * @param queue of the requests answered; those out of the cache waited for nothing
 * @param computeInput of the requests that the model ran for, as are the next two
 * @param cacheMiss looked up in vain, with the time to keep the answer
 * @param batches by the rows of a run, the smaller first
 */
public record InferenceStatistics(
    long lastInferenceMillis,
    long inferenceCount,
    long executionCount,
    Total success,
    Total fail,
    Total queue,
    Total computeInput,
    Total computeInfer,
    Total computeOutput,
    Total cacheHit,
    Total cacheMiss,
    List<Batches> batches) {
  /** Of a version that is not loaded. */
  public static final InferenceStatistics NONE =
      new InferenceStatistics(
          0,
          0,
          0,
          Total.NONE,
          Total.NONE,
          Total.NONE,
          Total.NONE,
          Total.NONE,
          Total.NONE,
          Total.NONE,
          Total.NONE,
          List.of());

  /** Copies the list. */
  public InferenceStatistics {
    batches = List.copyOf(batches);
  }

  /** How often, and how long together. */
  public record Total(long count, long nanos) {
    static final Total NONE = new Total(0, 0);
  }

  /** The runs that had so many rows. */
  public record Batches(long rows, Total computeInput, Total computeInfer, Total computeOutput) {}
}
