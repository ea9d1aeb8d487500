package dev.millrace.serving.scheduling;

import dev.millrace.serving.tensor.Tensor;

/**
 * An output that the next request of a sequence gets as an input.
 *
 * @param output its index among all outputs of the model
 * @param initial what the first request gets, under the name of the input
 */
public record SequenceState(int output, Tensor initial) {}
