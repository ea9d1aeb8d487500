package dev.millrace.loadtest.bench;

import java.util.Arrays;
import java.util.Random;

/** Which model each request of a trace is for: model k, from 0, in proportion to 1 / (k + 1). */
final class ZipfTrace {
  private ZipfTrace() {}

  /** The same seed makes the same trace. Draws by inverting the cumulated distribution. */
  static int[] of(int models, int length, long seed) {
    var cumulated = new double[models];
    var sum = 0.0;
    for (var model = 0; model < models; model++) {
      sum += 1.0 / (model + 1);
      cumulated[model] = sum;
    }
    var random = new Random(seed);
    var trace = new int[length];
    for (var index = 0; index < length; index++) {
      var found = Arrays.binarySearch(cumulated, random.nextDouble() * sum);
      trace[index] = found >= 0 ? found : -found - 1;
    }
    return trace;
  }
}
