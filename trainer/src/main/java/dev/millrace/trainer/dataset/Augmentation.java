package dev.millrace.trainer.dataset;

import java.util.SplittableRandom;

/**
 * Small random shifts, turns and zooms, so that a network sees every digit a little differently in
 * every epoch. An image is drawn from its source by bilinear interpolation; what lies outside is
 * ground.
 *
 * @param shiftPixels largest shift in each direction
 * @param rotationDegrees largest turn either way
 * @param zoom largest share by which the image grows or shrinks
 */
public record Augmentation(double shiftPixels, double rotationDegrees, double zoom) {
  /** Refuses what would leave no image. */
  public Augmentation {
    require("shiftPixels", shiftPixels, 14);
    require("rotationDegrees", rotationDegrees, 180);
    require("zoom", zoom, 0.5);
  }

  private static void require(String name, double value, double maximum) {
    if (!(value >= 0 && value <= maximum)) {
      throw new IllegalArgumentException(
          "'augmentation.%s' is %s; expected 0 to %s".formatted(name, value, maximum));
    }
  }

  /** Writes a varied copy of an image; the same random state gives the same copy. */
  public void apply(
      LabelledImages images, int index, SplittableRandom random, float[] target, int offset) {
    var source = new float[images.size()];
    images.copyTo(index, source, 0);
    double angle = Math.toRadians(within(random, rotationDegrees));
    double scale = 1 / (1 + within(random, zoom));
    var view =
        new View(
            Math.cos(angle) * scale,
            Math.sin(angle) * scale,
            within(random, shiftPixels),
            within(random, shiftPixels));
    view.draw(source, images.height(), images.width(), target, offset);
  }

  private static double within(SplittableRandom random, double bound) {
    return (random.nextDouble() * 2 - 1) * bound;
  }

  /**
   * Where in the source each target pixel looks: turned and scaled about the centre, then shifted.
   */
  private record View(double cosine, double sine, double shiftX, double shiftY) {
    void draw(float[] source, int height, int width, float[] target, int offset) {
      double centerX = (width - 1) / 2.0;
      double centerY = (height - 1) / 2.0;
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          double fromX = x - centerX - shiftX;
          double fromY = y - centerY - shiftY;
          double sourceX = cosine * fromX - sine * fromY + centerX;
          double sourceY = sine * fromX + cosine * fromY + centerY;
          target[offset + y * width + x] = sample(source, height, width, sourceX, sourceY);
        }
      }
    }

    private static float sample(float[] source, int height, int width, double x, double y) {
      int left = (int) Math.floor(x);
      int top = (int) Math.floor(y);
      double right = x - left;
      double below = y - top;
      return (float)
          ((1 - below)
                  * ((1 - right) * pixel(source, height, width, left, top)
                      + right * pixel(source, height, width, left + 1, top))
              + below
                  * ((1 - right) * pixel(source, height, width, left, top + 1)
                      + right * pixel(source, height, width, left + 1, top + 1)));
    }

    private static float pixel(float[] source, int height, int width, int x, int y) {
      return x < 0 || y < 0 || x >= width || y >= height ? 0 : source[y * width + x];
    }
  }
}
