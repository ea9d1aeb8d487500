package dev.millrace.serving.scheduling;

import dev.millrace.serving.telemetry.WaitReason;

/**
 * Where the time of one request went, in nanoseconds; also the columns of {@code Server-Timing}.
 *
 * @param queueNanos from submission to the start of its batch
 * @param assembleNanos copying the rows of the batch together
 * @param computeNanos the run
 * @param batchRows rows that shared the run
 * @param reason what it waited for
 */
public record BatchTimings(
    long queueNanos, long assembleNanos, long computeNanos, int batchRows, WaitReason reason) {
  /** Of an answer that waited for nothing. */
  public BatchTimings(long queueNanos, long assembleNanos, long computeNanos, int batchRows) {
    this(queueNanos, assembleNanos, computeNanos, batchRows, WaitReason.NONE);
  }

  /**
   * The same of a request that waited before it was queued, until its model was loaded: for the
   * load, where that took longer than the queue.
   */
  public BatchTimings afterLoad(long loadNanos) {
    return loadNanos <= queueNanos
        ? this
        : new BatchTimings(queueNanos, assembleNanos, computeNanos, batchRows, WaitReason.LOAD);
  }
}
