package dev.millrace.protocol.packaging;

/**
 * How a model's input is made from a picture.
 *
 * @param input name of the input, shape [N, channels, height, width]
 * @param output name of the output with one probability per label
 * @param scale factor from a pixel of 0 to 255 to the input's value
 */
public record ImageDescription(
    String input, String output, int channels, int height, int width, double scale, Ink ink) {

  /** Which of ink and paper is the brighter in the pictures the model was trained on. */
  public enum Ink {
    /** Bright strokes on a dark ground, as in MNIST. */
    BRIGHT_ON_DARK,
    /** Dark strokes on bright paper, as on a scan. */
    DARK_ON_BRIGHT
  }
}
