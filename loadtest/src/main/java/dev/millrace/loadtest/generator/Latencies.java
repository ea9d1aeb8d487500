package dev.millrace.loadtest.generator;

import org.HdrHistogram.Histogram;

/**
 * How long requests took, in nanoseconds from when they were due: all of them, those with an
 * answer, and how it went over time.
 */
public record Latencies(Histogram all, Histogram answered, Timeline timeline) {}
