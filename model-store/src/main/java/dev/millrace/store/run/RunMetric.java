package dev.millrace.store.run;

/** A point of a metric, and whose it is. */
record RunMetric(String key, double value, long timestamp, long step, String runId) {}
