package dev.millrace.serving.telemetry;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;

/** How the durations of a version's requests are distributed, in microseconds. */
final class RequestHistogram {
  private static final double[] BOUNDS_MICROS = {
    50,
    100,
    200,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    30_000_000
  };

  private RequestHistogram() {}

  static DistributionSummary register(Tags tags, MeterRegistry registry) {
    return DistributionSummary.builder(ServingMeter.REQUEST_DURATION_HISTOGRAM.meterName())
        .description(ServingMeter.REQUEST_DURATION_HISTOGRAM.description())
        .serviceLevelObjectives(BOUNDS_MICROS)
        .tags(tags)
        .register(registry);
  }
}
