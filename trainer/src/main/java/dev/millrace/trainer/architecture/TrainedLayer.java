package dev.millrace.trainer.architecture;

import java.util.List;
import java.util.Map;

/**
 * A layer with what it learned.
 *
 * @param weights by DJL's names: weight, bias, gamma, beta, runningMean, runningVar
 */
public record TrainedLayer(Layer layer, Map<String, Weights> weights) {
  /** Numbers in row-major order. */
  @SuppressWarnings("ArrayRecordComponent") // Boxed numbers would cost five times the memory.
  public record Weights(List<Long> shape, float[] values) {}

  /** Copies the map. */
  public TrainedLayer {
    weights = Map.copyOf(weights);
  }

  /** The weights of that name, which the layer's kind has. */
  public Weights weights(String name) {
    var found = weights.get(name);
    if (found == null) {
      throw new IllegalStateException(
          "%s has the weights %s, not '%s'".formatted(layer, weights.keySet(), name));
    }
    return found;
  }
}
