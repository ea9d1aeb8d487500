package dev.millrace.loadtest.system;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/**
 * The held-out digits of the trainer's default data set, as the served model takes them: pixel /
 * 255.
 */
final class Digits {
  static final int PIXELS = 28 * 28;

  private final byte[] pixels;
  private final byte[] labels;

  private Digits(byte[] pixels, byte[] labels) {
    this.pixels = pixels;
    this.labels = labels;
  }

  static Digits heldOut() throws IOException {
    var folder = Path.of(System.getProperty("millrace.digits", "not set"));
    return new Digits(
        body(folder.resolve("t10k-images-idx3-ubyte.gz"), 16),
        body(folder.resolve("t10k-labels-idx1-ubyte.gz"), 8));
  }

  private static byte[] body(Path file, int headerBytes) throws IOException {
    try (var in = new DataInputStream(new GZIPInputStream(Files.newInputStream(file)))) {
      in.skipNBytes(headerBytes);
      return in.readAllBytes();
    }
  }

  int count() {
    return labels.length;
  }

  int label(int index) {
    return labels[index];
  }

  float[] picture(int index) {
    return pictures(index, 1);
  }

  /** Several pictures in one row-major array. */
  float[] pictures(int from, int count) {
    var values = new float[count * PIXELS];
    IntStream.range(0, values.length)
        .forEach(at -> values[at] = (pixels[from * PIXELS + at] & 0xff) / 255f);
    return values;
  }
}
