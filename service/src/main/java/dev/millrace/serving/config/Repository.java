package dev.millrace.serving.config;

import dev.millrace.serving.repository.ModelControl;

/**
 * Where the models come from.
 *
 * @param start begins to load, and returns at once
 * @param description for the log
 */
record Repository(ModelControl control, Runnable start, String description) {}
