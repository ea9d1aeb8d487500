package dev.millrace.trainer.dataset;

import java.util.Arrays;

/**
 * Grey images of one size, each with a label. Immutable as long as nobody touches the arrays it was
 * made of.
 */
public final class LabelledImages {
  private final int height;
  private final int width;
  private final byte[] pixels;
  private final byte[] labels;

  LabelledImages(int height, int width, byte[] pixels, byte[] labels) {
    if (pixels.length != labels.length * height * width) {
      throw new IllegalArgumentException(
          "%d labels of %d x %d images want %d pixels, got %d"
              .formatted(
                  labels.length, height, width, labels.length * height * width, pixels.length));
    }
    this.height = height;
    this.width = width;
    this.pixels = pixels;
    this.labels = labels;
  }

  /** How many images. */
  public int count() {
    return labels.length;
  }

  /** Rows of each image. */
  public int height() {
    return height;
  }

  /** Columns of each image. */
  public int width() {
    return width;
  }

  /** Pixels of each image. */
  public int size() {
    return height * width;
  }

  /** Label of an image, from 0. */
  public int label(int index) {
    return Byte.toUnsignedInt(labels[index]);
  }

  /** Writes the pixels of one image, 0 for ground to 1 for ink, row by row. */
  public void copyTo(int index, float[] target, int offset) {
    int start = index * size();
    for (int i = 0; i < size(); i++) {
      target[offset + i] = Byte.toUnsignedInt(pixels[start + i]) / 255f;
    }
  }

  /** The pixels of images {@code from} to {@code to}, the latter not included, 0 to 1. */
  public float[] scaled(int from, int to) {
    var scaled = new float[(to - from) * size()];
    for (int i = from; i < to; i++) {
      copyTo(i, scaled, (i - from) * size());
    }
    return scaled;
  }

  /** The first images, or all when there are not more. */
  public LabelledImages first(int limit) {
    if (limit >= count()) {
      return this;
    }
    return new LabelledImages(
        height, width, Arrays.copyOf(pixels, limit * size()), Arrays.copyOf(labels, limit));
  }
}
