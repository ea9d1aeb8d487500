package dev.millrace.protocol.packaging;

import java.util.Objects;

/**
 * How a picture becomes the input of a model.
 *
 * @param input name of the input that takes the picture, laid out as [batch, channels, height,
 *     width]
 * @param output name of the output that holds one probability for each label
 * @param channels 1 for grey, 3 for red, green, blue
 * @param scale what a pixel of 0 to 255 is multiplied with
 * @param ink what the model saw in training, so that a dark drawing on paper can be inverted
 */
public record ImageDescription(
    String input, String output, int channels, int height, int width, double scale, Ink ink) {
  /** Which of the two, ink or ground, is the brighter. */
  public enum Ink {
    /** White strokes on black, as in MNIST: pixels go in as they are. */
    BRIGHT_ON_DARK,
    /** Black strokes on white, as on paper. */
    DARK_ON_BRIGHT
  }

  /** Refuses sizes, channels and scales no picture has with an {@link IllegalArgumentException}. */
  public ImageDescription {
    Objects.requireNonNull(input, "'image' has no 'input'");
    Objects.requireNonNull(output, "'image' has no 'output'");
    Objects.requireNonNull(ink, "'image' has no 'ink'");
    require(channels == 1 || channels == 3, "channels", channels, "1 or 3");
    require(height >= 1 && height <= 4096, "height", height, "1 to 4096");
    require(width >= 1 && width <= 4096, "width", width, "1 to 4096");
    require(Double.isFinite(scale) && scale > 0, "scale", scale, "a number above 0");
  }

  private static void require(boolean valid, String field, Object found, String expected) {
    if (!valid) {
      throw new IllegalArgumentException(
          "'image.%s' is %s; expected %s".formatted(field, found, expected));
    }
  }
}
