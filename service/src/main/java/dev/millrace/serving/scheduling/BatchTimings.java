package dev.millrace.serving.scheduling;

/**
 * Where the time of one request went, in nanoseconds; also the columns of {@code Server-Timing}.
 *
 * @param queueNanos from submission to the start of its batch
 * @param assembleNanos copying the rows of the batch together
 * @param computeNanos the run
 * @param batchRows rows that shared the run
 */
public record BatchTimings(long queueNanos, long assembleNanos, long computeNanos, int batchRows) {}
