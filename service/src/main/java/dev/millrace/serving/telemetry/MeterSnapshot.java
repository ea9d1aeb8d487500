package dev.millrace.serving.telemetry;

/**
 * What the console shows of one version; all but the percentiles are cumulative.
 *
 * @param count requests whose duration was measured
 * @param totalMicros sum of their durations
 * @param p50Micros median of the last seconds; 0 without requests
 * @param p99Micros 99th percentile of the last seconds; 0 without requests
 */
public record MeterSnapshot(
    long success, long failure, long count, long totalMicros, long p50Micros, long p99Micros) {}
