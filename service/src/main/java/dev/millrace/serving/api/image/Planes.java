package dev.millrace.serving.api.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.util.Collections;
import java.util.List;

/**
 * Takes the planes of brightness or colour out of an image, put on paper where it is transparent.
 */
final class Planes {
  private static final float WHITE = 255;
  private static final float MIDDLE = 127.5f;

  private Planes() {}

  static Picture of(BufferedImage image, int channels) {
    var planes = isGrey(image) ? grey(image, channels) : coloured(image, channels);
    return new Picture(image.getWidth(), image.getHeight(), planes);
  }

  private static boolean isGrey(BufferedImage image) {
    return image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY;
  }

  /**
   * Reads the samples themselves: getRGB takes grey for linear light and would brighten it, so that
   * a grey file would not give the values it holds.
   */
  private static List<float[]> grey(BufferedImage image, int channels) {
    var brightness = samples(image, 0);
    if (image.getColorModel().hasAlpha()) {
      var opacity = samples(image, 1);
      putOnPaper(brightness, opacity, paper(brightness, opacity));
    }
    return Collections.nCopies(channels, brightness);
  }

  private static float[] samples(BufferedImage image, int band) {
    var raster = image.getRaster();
    float scale = WHITE / ((1 << raster.getSampleModel().getSampleSize(band)) - 1);
    var samples =
        raster.getSamples(0, 0, image.getWidth(), image.getHeight(), band, (float[]) null);
    for (int i = 0; i < samples.length; i++) {
      samples[i] *= scale;
    }
    return samples;
  }

  private static List<float[]> coloured(BufferedImage image, int channels) {
    int[] pixels =
        image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    var planes = channels == 1 ? List.of(brightness(pixels)) : colours(pixels);
    if (image.getColorModel().hasAlpha()) {
      putOnPaper(planes, component(pixels, 24), brightness(pixels));
    }
    return planes;
  }

  private static List<float[]> colours(int[] pixels) {
    return List.of(component(pixels, 16), component(pixels, 8), component(pixels, 0));
  }

  private static float[] component(int[] pixels, int shift) {
    var plane = new float[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      plane[i] = pixels[i] >>> shift & 0xFF;
    }
    return plane;
  }

  /** The luma of Rec. 601, as JPEG and most converters to grey have it. */
  private static float[] brightness(int[] pixels) {
    var plane = new float[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      int pixel = pixels[i];
      plane[i] =
          0.299f * (pixel >>> 16 & 0xFF) + 0.587f * (pixel >>> 8 & 0xFF) + 0.114f * (pixel & 0xFF);
    }
    return plane;
  }

  private static void putOnPaper(List<float[]> planes, float[] opacity, float[] brightness) {
    float paper = paper(brightness, opacity);
    for (var plane : planes) {
      putOnPaper(plane, opacity, paper);
    }
  }

  private static void putOnPaper(float[] plane, float[] opacity, float paper) {
    for (int i = 0; i < plane.length; i++) {
      plane[i] = paper + (plane[i] - paper) * opacity[i] / WHITE;
    }
  }

  /** Bright strokes without a ground would vanish on white paper, so they get black paper. */
  private static float paper(float[] brightness, float[] opacity) {
    double sum = 0;
    double weight = 0;
    for (int i = 0; i < brightness.length; i++) {
      sum += (double) brightness[i] * opacity[i];
      weight += opacity[i];
    }
    return sum > MIDDLE * weight ? 0 : WHITE;
  }
}
