package dev.millrace.serving.api.image;

import java.util.List;

/**
 * A decoded picture.
 *
 * @param planes one plane of brightness, or red, green and blue; each row by row, 0 to 255
 */
record Picture(int width, int height, List<float[]> planes) {
  boolean hasSize(int otherWidth, int otherHeight) {
    return width == otherWidth && height == otherHeight;
  }
}
