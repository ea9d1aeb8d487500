package dev.millrace.serving.api.image;

import java.time.Duration;

/**
 * Limits of the classification of pictures.
 *
 * @param maxBytes the largest file taken
 * @param maxPixels the most pixels decoded; a small file can hold very many
 * @param decoders pictures decoded at a time, as each takes memory for all its pixels
 * @param patience how long a picture may take from its arrival to its answer
 */
public record PictureSettings(int maxBytes, int maxPixels, int decoders, Duration patience) {
  /** The decoded picture and its planes: 4000 x 4000 pixels took about 320 MB. */
  private static final long BYTES_PER_PIXEL = 24;

  /** How many of the largest pictures fit a quarter of the memory at a time; at least one. */
  public static int decodersWithin(long memoryBytes, int maxPixels) {
    return Math.clamp(memoryBytes / 4 / (maxPixels * BYTES_PER_PIXEL), 1, Integer.MAX_VALUE);
  }
}
