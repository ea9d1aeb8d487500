package dev.millrace.serving.device;

/**
 * What the driver says of a GPU at one moment; NaN where it does not know.
 *
 * @param utilization share of the last period in which it computed, 0 to 1
 * @param energyJoules since the driver was loaded
 * @param uncorrectedErrors memory errors that could not be corrected, since the driver was loaded
 */
record GpuReading(
    DeviceMemory memory,
    double utilization,
    double powerWatts,
    double powerLimitWatts,
    double energyJoules,
    long uncorrectedErrors) {}
