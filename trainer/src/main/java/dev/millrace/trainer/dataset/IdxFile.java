package dev.millrace.trainer.dataset;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * Reads IDX, the format of MNIST: a magic number, the sizes, then bytes, all big-endian. Whether a
 * file is gzipped is seen from its first bytes, not from its name.
 */
final class IdxFile {
  private static final int IMAGES = 0x00000803;
  private static final int LABELS = 0x00000801;
  private static final int GZIP = 0x1f8b;
  private static final int MAXIMUM_SIDE = 4096;
  private static final int FIRST_CHUNK = 1 << 20;

  private final String name;
  private final DataInputStream in;

  private IdxFile(String name, DataInputStream in) {
    this.name = name;
    this.in = in;
  }

  /** Images without labels yet. */
  @SuppressWarnings("ArrayRecordComponent") // Handed straight on to LabelledImages.
  record Images(int count, int height, int width, byte[] pixels) {}

  static Images images(String name, InputStream in) throws IOException {
    var file = opened(name, in);
    file.requireMagic(IMAGES);
    int count = file.size("number of images", Integer.MAX_VALUE);
    int height = file.size("rows", MAXIMUM_SIDE);
    int width = file.size("columns", MAXIMUM_SIDE);
    return new Images(count, height, width, file.bytes("pixels", (long) count * height * width));
  }

  static byte[] labels(String name, InputStream in, int images, int classes) throws IOException {
    var file = opened(name, in);
    file.requireMagic(LABELS);
    int count = file.size("number of labels", Integer.MAX_VALUE);
    if (count != images) {
      throw file.wrong("number of labels", images + ", the number of images", count);
    }
    var labels = file.bytes("labels", count);
    file.requireLabelsBelow(classes, labels);
    return labels;
  }

  private static IdxFile opened(String name, InputStream raw) throws IOException {
    var in = new BufferedInputStream(raw, 1 << 16);
    in.mark(2);
    int start = in.read() << 8 | in.read();
    in.reset();
    return new IdxFile(
        name, new DataInputStream(start == GZIP ? new GZIPInputStream(in, 1 << 16) : in));
  }

  private void requireMagic(int expected) throws IOException {
    int found = integer("magic number");
    if (found != expected) {
      throw wrong("magic number", described(expected), described(found));
    }
  }

  private static String described(int magic) {
    return switch (magic) {
      case IMAGES -> "2051 (images)";
      case LABELS -> "2049 (labels)";
      default -> magic + " (neither images nor labels)";
    };
  }

  private int size(String field, int maximum) throws IOException {
    int size = integer(field);
    if (size < 1 || size > maximum) {
      throw wrong(field, "1 to " + maximum, size);
    }
    return size;
  }

  private int integer(String field) throws IOException {
    try {
      return in.readInt();
    } catch (EOFException _) {
      throw wrong(field, "4 bytes", "cut off: the file ends before it");
    }
  }

  private byte[] bytes(String field, long count) throws IOException {
    // Arrays in Java end a little below 2 GiB.
    if (count > Integer.MAX_VALUE - 8) {
      throw wrong(field, "at most " + (Integer.MAX_VALUE - 8) + " bytes", count + " bytes");
    }
    var bytes = read((int) count);
    if (bytes.length < count) {
      throw wrong(field, count + " bytes", bytes.length + " bytes: the file is cut off");
    }
    if (in.read() >= 0) {
      throw wrong(field, count + " bytes as the header says", "longer");
    }
    return bytes;
  }

  /** Up to {@code count} bytes; fewer where a plain or gzipped file ends early. */
  private byte[] read(int count) throws IOException {
    // Grows with what is there: a header that promises gigabytes allocates none.
    var bytes = new byte[Math.min(count, FIRST_CHUNK)];
    int length = 0;
    for (int read = more(bytes, 0); read > 0; read = more(bytes, length)) {
      length += read;
      if (length == bytes.length && length < count) {
        bytes = Arrays.copyOf(bytes, (int) Math.min(count, 2L * length));
      }
    }
    return Arrays.copyOf(bytes, length);
  }

  private int more(byte[] bytes, int length) throws IOException {
    try {
      return in.read(bytes, length, bytes.length - length);
    } catch (EOFException _) {
      // A gzip stream that ends early says so by this; what came before it counts.
      return -1;
    }
  }

  private void requireLabelsBelow(int classes, byte[] labels) {
    for (int i = 0; i < labels.length; i++) {
      int label = Byte.toUnsignedInt(labels[i]);
      if (label >= classes) {
        throw wrong("label of image " + i, "0 to " + (classes - 1), label);
      }
    }
  }

  private DataSetException wrong(String field, Object expected, Object found) {
    return DataSetException.of(name, field, expected, found);
  }
}
