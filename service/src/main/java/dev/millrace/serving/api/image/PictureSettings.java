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
public record PictureSettings(int maxBytes, int maxPixels, int decoders, Duration patience) {}
