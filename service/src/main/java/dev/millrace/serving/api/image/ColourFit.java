package dev.millrace.serving.api.image;

import java.util.Arrays;

/** Fits a colour picture to a model: scaled as a whole, padded with the colour of its border. */
final class ColourFit {
  private ColourFit() {}

  static float[] fit(Picture picture, int plane, int width, int height) {
    var pixels = picture.planes().get(plane);
    if (picture.hasSize(width, height)) {
      return pixels;
    }
    double scale = Math.min(width / (double) picture.width(), height / (double) picture.height());
    int drawnWidth = Math.max(1, (int) Math.round(picture.width() * scale));
    int drawnHeight = Math.max(1, (int) Math.round(picture.height() * scale));
    var drawn =
        Resampling.resize(pixels, picture.width(), picture.height(), drawnWidth, drawnHeight);
    return padded(drawn, drawnWidth, width, height, paper(picture, pixels));
  }

  private static float paper(Picture picture, float[] pixels) {
    return Border.of(pixels, picture.width(), picture.height()).paper();
  }

  private static float[] padded(float[] drawn, int drawnWidth, int width, int height, float paper) {
    int drawnHeight = drawn.length / drawnWidth;
    int left = (width - drawnWidth) / 2;
    int top = (height - drawnHeight) / 2;
    var plane = new float[width * height];
    Arrays.fill(plane, paper);
    for (int row = 0; row < drawnHeight; row++) {
      System.arraycopy(drawn, row * drawnWidth, plane, (top + row) * width + left, drawnWidth);
    }
    return plane;
  }
}
