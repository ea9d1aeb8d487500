package dev.millrace.serving.api.image;

/** The centre of mass of the ink in a plane, in pixels from its left and top edge. */
record Mass(double x, double y) {
  static Mass of(float[] ink, int width) {
    double sum = 0;
    double sumX = 0;
    double sumY = 0;
    for (int i = 0; i < ink.length; i++) {
      sum += ink[i];
      int column = i % width;
      int row = i / width;
      sumX += ink[i] * (column + 0.5);
      sumY += ink[i] * (row + 0.5);
    }
    return new Mass(sumX / sum, sumY / sum);
  }

  /** The ink on an empty plane of the size given, with this point in the middle where it fits. */
  float[] place(float[] ink, int inkWidth, int width, int height) {
    int inkHeight = ink.length / inkWidth;
    int left = Math.clamp(Math.round(width / 2.0 - x), 0, width - inkWidth);
    int top = Math.clamp(Math.round(height / 2.0 - y), 0, height - inkHeight);
    var plane = new float[width * height];
    for (int row = 0; row < inkHeight; row++) {
      System.arraycopy(ink, row * inkWidth, plane, (top + row) * width + left, inkWidth);
    }
    return plane;
  }
}
