package dev.millrace.serving.telemetry;

/**
 * Where the time of one answered request went, in nanoseconds.
 *
 * @param totalNanos from submission until the answer was handed over
 * @param queueNanos until its run began
 * @param inputNanos putting the batch together
 * @param inferNanos the run
 * @param outputNanos cutting the outputs into answers
 */
public record RequestDurations(
    long totalNanos, long queueNanos, long inputNanos, long inferNanos, long outputNanos) {}
