package dev.millrace.trainer.export;

import dev.millrace.trainer.architecture.Network;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.evaluation.OnnxClassifier;
import java.util.Locale;

/**
 * How far ONNX Runtime's answers are from DJL's.
 *
 * @param images how many were compared
 * @param largestDifference over all their probabilities
 */
public record Parity(int images, double largestDifference) {
  /** What a faithful export stays within: float arithmetic in another order. */
  public static final double TOLERANCE = 1e-5;

  private static final int IMAGES = 256;

  /** Compares both on the first 256 images. */
  public static Parity measure(Network network, OnnxClassifier exported, LabelledImages images) {
    int count = Math.min(IMAGES, images.count());
    var pixels = images.scaled(0, count);
    return new Parity(
        count, difference(network.probabilities(pixels, count), exported.classify(pixels, count)));
  }

  /**
   * Throws an {@link ExportException} with the numbers when the two differ by more than the
   * tolerance.
   */
  public void require() {
    // Not "greater than": a NaN has to fail too.
    if (!(largestDifference <= TOLERANCE)) {
      throw new ExportException(
          String.format(
              Locale.ROOT,
              "The exported model differs from the trained one by %.3g on %d held-out images; at most %.0e is allowed. Nothing was registered.",
              largestDifference,
              images,
              TOLERANCE));
    }
  }

  private static double difference(float[] expected, float[] found) {
    if (expected.length != found.length) {
      return Double.POSITIVE_INFINITY;
    }
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs((double) expected[i] - found[i]));
    }
    return largest;
  }
}
