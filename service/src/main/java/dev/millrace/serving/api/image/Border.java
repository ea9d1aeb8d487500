package dev.millrace.serving.api.image;

import java.util.Arrays;

/**
 * What the outermost pixels of a plane say about its paper.
 *
 * @param paper their median brightness
 * @param noise how far nine tenths of them are from it at most
 */
record Border(float paper, float noise) {
  static Border of(float[] plane, int width, int height) {
    var pixels = pixels(plane, width, height);
    float paper = quantile(pixels, 0.5);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = Math.abs(pixels[i] - paper);
    }
    return new Border(paper, quantile(pixels, 0.9));
  }

  /** Whether the plane goes further below its paper than above it. */
  boolean isBrightPaper(float[] plane) {
    float lowest = paper;
    float highest = paper;
    for (float value : plane) {
      lowest = Math.min(lowest, value);
      highest = Math.max(highest, value);
    }
    return paper - lowest > highest - paper;
  }

  private static float quantile(float[] values, double part) {
    Arrays.sort(values);
    return values[(int) (part * (values.length - 1))];
  }

  private static float[] pixels(float[] plane, int width, int height) {
    var pixels = new float[2 * width + 2 * height];
    for (int x = 0; x < width; x++) {
      pixels[2 * x] = plane[x];
      pixels[2 * x + 1] = plane[(height - 1) * width + x];
    }
    for (int y = 0; y < height; y++) {
      pixels[2 * (width + y)] = plane[y * width];
      pixels[2 * (width + y) + 1] = plane[y * width + width - 1];
    }
    return pixels;
  }
}
