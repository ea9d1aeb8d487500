package dev.millrace.protocol.mlflow;

/**
 * One point of a metric.
 *
 * @param value may be NaN or infinite
 * @param timestamp milliseconds since 1970
 * @param step what the writer counts, an epoch for instance; may be negative
 */
public record Metric(String key, double value, long timestamp, long step) {}
