package dev.millrace.store.run;

import org.jspecify.annotations.Nullable;

/**
 * A data set that runs of an experiment read.
 *
 * @param context what for, training for instance; null when nobody said
 */
record DatasetSummary(String experimentId, String name, String digest, @Nullable String context) {}
