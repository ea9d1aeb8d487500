package dev.millrace.serving.api.image;

/**
 * Fits a drawing to a model that was trained on pictures made the way MNIST was.
 *
 * <p>Problem: a drawing comes in any size, dark on bright or bright on dark, with grey paper and
 * wide margins; the model knows strokes of full brightness on black, scaled into a box of five
 * sevenths of the picture, with their centre of mass in the middle. Choice: take the paper's
 * brightness and noise from the border, keep what stands out of it, crop to it, scale it into the
 * box by area averaging, bring the brightest stroke to full brightness and move the centre of mass
 * to the middle. Cost: a picture whose border is not its paper (a photo cut through the digit) is
 * taken for its negative. Source: the description of the set by LeCun, Cortes and Burges.
 */
final class InkFit {
  private static final float FULL = 255;

  /** Share of the brightest ink from which on a pixel counts as part of the drawing. */
  private static final float VISIBLE = 0.2f;

  private InkFit() {}

  /** A plane of bright ink on black, row by row, 0 to 255. */
  static float[] fit(Picture picture, int width, int height) {
    if (picture.hasSize(width, height)) {
      return brightOnDark(picture);
    }
    var ink = ink(picture);
    var box = Box.around(ink, picture.width(), picture.height(), VISIBLE * strongest(ink));
    return box.isEmpty() ? new float[width * height] : centred(ink, picture, box, width, height);
  }

  /** A picture of the model's own size is taken as it is, but for its polarity. */
  private static float[] brightOnDark(Picture picture) {
    var plane = picture.planes().getFirst().clone();
    if (Border.of(plane, picture.width(), picture.height()).isBrightPaper(plane)) {
      for (int i = 0; i < plane.length; i++) {
        plane[i] = FULL - plane[i];
      }
    }
    return plane;
  }

  private static float[] ink(Picture picture) {
    var plane = picture.planes().getFirst();
    var border = Border.of(plane, picture.width(), picture.height());
    float sign = border.isBrightPaper(plane) ? -1 : 1;
    var ink = new float[plane.length];
    for (int i = 0; i < plane.length; i++) {
      ink[i] = Math.max(0, sign * (plane[i] - border.paper()) - border.noise());
    }
    return ink;
  }

  private static float[] centred(float[] ink, Picture picture, Box box, int width, int height) {
    double scale = Math.min(width / (double) box.width(), height / (double) box.height()) * 5 / 7;
    int drawnWidth = Math.max(1, (int) Math.round(box.width() * scale));
    int drawnHeight = Math.max(1, (int) Math.round(box.height() * scale));
    var drawn =
        Resampling.resize(
            box.crop(ink, picture.width()), box.width(), box.height(), drawnWidth, drawnHeight);
    strengthen(drawn);
    return Mass.of(drawn, drawnWidth).place(drawn, drawnWidth, width, height);
  }

  private static void strengthen(float[] ink) {
    float factor = FULL / strongest(ink);
    for (int i = 0; i < ink.length; i++) {
      ink[i] *= factor;
    }
  }

  private static float strongest(float[] ink) {
    float strongest = 0;
    for (float value : ink) {
      strongest = Math.max(strongest, value);
    }
    return strongest;
  }
}
