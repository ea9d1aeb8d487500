package dev.millrace.trainer.architecture;

/**
 * One step of a network. The list of layers is the only description of a network: DJL's blocks are
 * built from it and the ONNX graph is written from it. (DJL's own activations are anonymous
 * functions, which an exporter cannot tell apart.)
 */
public sealed interface Layer {
  /** Subtracts the mean and divides by the deviation: pixels of 0 to 1 become numbers around 0. */
  record Normalization(float mean, float deviation) implements Layer {}

  /** A square convolution of stride 1 with bias. */
  record Convolution(int filters, int kernel, int padding) implements Layer {}

  /** Brings each channel to mean 0 and deviation 1, then scales and shifts it as learned. */
  record BatchNormalization() implements Layer {}

  /** Negative numbers become 0. */
  record Relu() implements Layer {}

  /** The largest number of each square; the squares do not overlap. */
  record MaxPool(int size) implements Layer {}

  /** All axes but the batch become one. */
  record Flatten() implements Layer {}

  /** A fully connected layer with bias. */
  record Dense(int units) implements Layer {}

  /** Numbers become probabilities that add up to 1. */
  record Softmax() implements Layer {}
}
