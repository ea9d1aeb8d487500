package dev.millrace.serving.tensor;

/**
 * What a model declares of one input or output.
 *
 * @param shape the batch dimension included; -1 where any size is accepted
 */
public record TensorSpec(String name, DataType type, Shape shape) {}
