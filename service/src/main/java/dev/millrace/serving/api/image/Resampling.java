package dev.millrace.serving.api.image;

/**
 * Resizes a plane: averages the area that a target pixel covers where the picture shrinks, and
 * interpolates linearly where it grows. Both are one weighted sum along the rows and one along the
 * columns, as the weights of the two directions are independent.
 */
final class Resampling {
  private Resampling() {}

  static float[] resize(float[] plane, int width, int height, int newWidth, int newHeight) {
    var wide = alongRows(plane, width, height, weights(width, newWidth));
    return alongColumns(wide, newWidth, weights(height, newHeight));
  }

  private static float[] alongRows(float[] plane, int width, int height, Weights[] columns) {
    var result = new float[columns.length * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < columns.length; x++) {
        result[y * columns.length + x] = columns[x].sum(plane, y * width, 1);
      }
    }
    return result;
  }

  private static float[] alongColumns(float[] plane, int width, Weights[] rows) {
    var result = new float[width * rows.length];
    for (int y = 0; y < rows.length; y++) {
      for (int x = 0; x < width; x++) {
        result[y * width + x] = rows[y].sum(plane, x, width);
      }
    }
    return result;
  }

  private static Weights[] weights(int size, int newSize) {
    var weights = new Weights[newSize];
    double step = (double) size / newSize;
    for (int i = 0; i < newSize; i++) {
      weights[i] = step > 1 ? area(i * step, (i + 1) * step, size) : linear((i + 0.5) * step, size);
    }
    return weights;
  }

  private static Weights area(double from, double to, int size) {
    int first = (int) from;
    int last = Math.min(size, (int) Math.ceil(to)) - 1;
    var factors = new float[last - first + 1];
    for (int i = first; i <= last; i++) {
      factors[i - first] = (float) ((Math.min(to, i + 1) - Math.max(from, i)) / (to - from));
    }
    return new Weights(first, factors);
  }

  private static Weights linear(double centre, int size) {
    double position = Math.clamp(centre - 0.5, 0, size - 1);
    int first = Math.min((int) position, Math.max(0, size - 2));
    float second = (float) (position - first);
    return size == 1 ? new Weights(0, 1) : new Weights(first, 1 - second, second);
  }

  /** How much each source pixel from {@code first} on adds to one target pixel. */
  private static final class Weights {
    private final int first;
    private final float[] factors;

    Weights(int first, float... factors) {
      this.first = first;
      this.factors = factors;
    }

    float sum(float[] plane, int offset, int stride) {
      float sum = 0;
      for (int i = 0; i < factors.length; i++) {
        sum += factors[i] * plane[offset + (first + i) * stride];
      }
      return sum;
    }
  }
}
