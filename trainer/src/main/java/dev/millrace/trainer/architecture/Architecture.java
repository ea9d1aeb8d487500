package dev.millrace.trainer.architecture;

import dev.millrace.trainer.architecture.Layer.BatchNormalization;
import dev.millrace.trainer.architecture.Layer.Convolution;
import dev.millrace.trainer.architecture.Layer.Dense;
import dev.millrace.trainer.architecture.Layer.Flatten;
import dev.millrace.trainer.architecture.Layer.MaxPool;
import dev.millrace.trainer.architecture.Layer.Normalization;
import dev.millrace.trainer.architecture.Layer.Relu;
import dev.millrace.trainer.architecture.Layer.Softmax;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.IntFunction;

/**
 * Layers for grey images of one size.
 *
 * @param layers from pixels of 0 to 1 to probabilities, the softmax last
 */
public record Architecture(int height, int width, int classes, List<Layer> layers) {
  // Mean and deviation of MNIST's pixels.
  private static final Layer NORMALIZATION = new Normalization(0.1307f, 0.3081f);

  private static final Map<String, IntFunction<List<Layer>>> KNOWN =
      Map.of("lenet-5", Architecture::leNet5, "softmax-regression", Architecture::regression);

  /** Copies the layers. */
  public Architecture {
    layers = List.copyOf(layers);
  }

  /** Refuses the name of an unknown architecture with an {@link IllegalArgumentException}. */
  public static void requireKnown(String name) {
    layers(name);
  }

  /** Finds an architecture by name; an unknown one is an {@link IllegalArgumentException}. */
  public static Architecture named(String name, int height, int width, int classes) {
    return new Architecture(height, width, classes, layers(name).apply(classes));
  }

  private static IntFunction<List<Layer>> layers(String name) {
    var layers = KNOWN.get(name);
    if (layers == null) {
      throw new IllegalArgumentException(
          "'architecture' is '%s'; expected one of %s"
              .formatted(name, new TreeSet<>(KNOWN.keySet())));
    }
    return layers;
  }

  /**
   * LeCun's network of 1998, with today's ReLU, maximum pooling and batch normalization, and 20 and
   * 50 maps instead of 6 and 16: 8,000 images teach the wide one in 12 epochs what the narrow one
   * has not learned in 32.
   */
  private static List<Layer> leNet5(int classes) {
    return List.of(
        NORMALIZATION,
        new Convolution(20, 5, 2),
        new BatchNormalization(),
        new Relu(),
        new MaxPool(2),
        new Convolution(50, 5, 0),
        new BatchNormalization(),
        new Relu(),
        new MaxPool(2),
        new Flatten(),
        new Dense(120),
        new Relu(),
        new Dense(84),
        new Relu(),
        new Dense(classes),
        new Softmax());
  }

  /** The smallest network that learns; for tests and as a baseline. */
  private static List<Layer> regression(int classes) {
    return List.of(NORMALIZATION, new Flatten(), new Dense(classes), new Softmax());
  }
}
