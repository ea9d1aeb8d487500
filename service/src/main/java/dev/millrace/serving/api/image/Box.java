package dev.millrace.serving.api.image;

/** A rectangle of pixels: left and top inside, right and bottom outside. */
record Box(int left, int top, int right, int bottom) {
  /** The smallest one around all pixels brighter than the threshold; empty where there is none. */
  static Box around(float[] plane, int width, int height, float threshold) {
    int left = width;
    int top = height;
    int right = 0;
    int bottom = 0;
    for (int i = 0; i < plane.length; i++) {
      if (plane[i] > threshold) {
        left = Math.min(left, i % width);
        right = Math.max(right, i % width + 1);
        top = Math.min(top, i / width);
        bottom = Math.max(bottom, i / width + 1);
      }
    }
    return new Box(left, top, right, bottom);
  }

  boolean isEmpty() {
    return right <= left;
  }

  int width() {
    return right - left;
  }

  int height() {
    return bottom - top;
  }

  /** The pixels inside, out of a plane of the width given. */
  float[] crop(float[] plane, int planeWidth) {
    var pixels = new float[width() * height()];
    for (int y = 0; y < height(); y++) {
      System.arraycopy(plane, (top + y) * planeWidth + left, pixels, y * width(), width());
    }
    return pixels;
  }
}
