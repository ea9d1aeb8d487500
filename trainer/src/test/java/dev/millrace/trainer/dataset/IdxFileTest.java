package dev.millrace.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdxFileTest {
  private static final byte[] TWO_IMAGES = images(2051, 2, 2, 3, 12);
  private static final byte[] TWO_LABELS = labels(2049, 2, (byte) 3, (byte) 9);

  @Test
  void readsPlainFiles() throws IOException {
    var images = IdxFile.images("x", new ByteArrayInputStream(TWO_IMAGES));

    assertThat(images.count()).isEqualTo(2);
    assertThat(images.height()).isEqualTo(2);
    assertThat(images.width()).isEqualTo(3);
    assertThat(images.pixels()).startsWith(0, 1, 4).hasSize(12);
    assertThat(IdxFile.labels("y", new ByteArrayInputStream(TWO_LABELS), 2, 10))
        .containsExactly(3, 9);
  }

  @Test
  void readsGzippedFilesWhateverTheirName() throws IOException {
    var images = IdxFile.images("x", new ByteArrayInputStream(gzipped(TWO_IMAGES)));

    assertThat(images.pixels()).hasSize(12);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          0  | File 'x': field 'magic number' is cut off: the file ends before it, expected 4 bytes.
          3  | File 'x': field 'magic number' is cut off: the file ends before it, expected 4 bytes.
          10 | File 'x': field 'rows' is cut off: the file ends before it, expected 4 bytes.
          16 | File 'x': field 'pixels' is 0 bytes: the file is cut off, expected 12 bytes.
          27 | File 'x': field 'pixels' is 11 bytes: the file is cut off, expected 12 bytes.
          """)
  void saysWhereAFileIsCutOff(int length, String message) {
    assertImagesRefused(Arrays.copyOf(TWO_IMAGES, length)).hasMessageStartingWith(message);
  }

  @Test
  void saysThatAGzippedFileIsCutOff() throws IOException {
    var gzipped = gzipped(images(2051, 100, 28, 28, 78_400));

    assertImagesRefused(Arrays.copyOf(gzipped, gzipped.length / 2))
        .hasMessageContaining("field 'pixels' is ")
        .hasMessageContaining(" bytes: the file is cut off, expected 78400 bytes.");
  }

  @Test
  void allocatesWhatIsThereAndNotWhatTheHeaderPromises() {
    assertImagesRefused(images(2051, 2_000_000, 28, 28, 100))
        .hasMessageContaining("is 100 bytes: the file is cut off, expected 1568000000 bytes.");
    assertImagesRefused(images(2051, 2_000_000_000, 4096, 4096, 100))
        .hasMessageContaining("'pixels' is 33554432000000000 bytes, expected at most 2147483639");
  }

  @Test
  void refusesAFileOfTheOtherKind() {
    assertImagesRefused(TWO_LABELS)
        .hasMessageContaining("'magic number' is 2049 (labels), expected 2051 (images).");
    assertImagesRefused(images(1234, 2, 2, 3, 12))
        .hasMessageContaining("is 1234 (neither images nor labels), expected 2051 (images).");
  }

  @Test
  void refusesSizesNoImageHas() {
    assertImagesRefused(images(2051, 2, 0, 3, 0))
        .hasMessageContaining("field 'rows' is 0, expected 1 to 4096.");
    assertImagesRefused(images(2051, -1, 2, 3, 0))
        .hasMessageContaining("field 'number of images' is -1, expected 1 to");
  }

  @Test
  void refusesBytesAfterTheEnd() {
    assertImagesRefused(images(2051, 2, 2, 3, 13))
        .hasMessageContaining("'pixels' is longer, expected 12 bytes as the header says.");
  }

  @Test
  void refusesLabelsThatDoNotFitTheImages() {
    assertLabelsRefused(TWO_LABELS, 3)
        .hasMessageContaining("'number of labels' is 2, expected 3, the number of images.");
    assertLabelsRefused(labels(2049, 2, (byte) 3, (byte) 17), 2)
        .hasMessageContaining("field 'label of image 1' is 17, expected 0 to 9.");
    assertLabelsRefused(TWO_IMAGES, 2)
        .hasMessageContaining("'magic number' is 2051 (images), expected 2049 (labels).");
  }

  private static AbstractThrowableAssert<?, ?> assertImagesRefused(byte[] file) {
    return assertThatThrownBy(() -> IdxFile.images("x", new ByteArrayInputStream(file)))
        .isInstanceOf(DataSetException.class)
        .hasMessageEndingWith("Fetch the file again, or name another folder.");
  }

  private static AbstractThrowableAssert<?, ?> assertLabelsRefused(byte[] file, int images) {
    return assertThatThrownBy(() -> IdxFile.labels("y", new ByteArrayInputStream(file), images, 10))
        .isInstanceOf(DataSetException.class)
        .hasMessageStartingWith("File 'y': ");
  }

  private static byte[] images(int magic, int count, int rows, int columns, int pixels) {
    var bytes = ByteBuffer.allocate(16 + pixels);
    bytes.putInt(magic).putInt(count).putInt(rows).putInt(columns);
    for (int i = 0; i < pixels; i++) {
      bytes.put((byte) (i * i));
    }
    return bytes.array();
  }

  private static byte[] labels(int magic, int count, byte... labels) {
    return ByteBuffer.allocate(8 + labels.length).putInt(magic).putInt(count).put(labels).array();
  }

  private static byte[] gzipped(byte[] plain) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(bytes)) {
      out.write(plain);
    }
    return bytes.toByteArray();
  }
}
