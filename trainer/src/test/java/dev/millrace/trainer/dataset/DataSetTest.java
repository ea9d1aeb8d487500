package dev.millrace.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSetTest {
  private static final List<String> FILES =
      List.of(
          "train-images-idx3-ubyte",
          "train-labels-idx1-ubyte",
          "t10k-images-idx3-ubyte",
          "t10k-labels-idx1-ubyte");

  @Test
  void bundlesRealDigits() {
    var data = DataSet.read("mnist-digits", 10);

    assertThat(data.training().count()).isEqualTo(8000);
    assertThat(data.heldOut().count()).isEqualTo(1000);
    assertThat(data.heldOut().height()).isEqualTo(28);
    assertThat(data.heldOut().width()).isEqualTo(28);
    assertThat(data.heldOut().label(12)).isEqualTo(7);
    assertThat(data.heldOut().scaled(12, 13)).contains(0f, 1f).hasSize(784);
  }

  @Test
  void readsAFolderWithGzippedAndPlainFiles(@TempDir Path folder) throws IOException {
    copy(FILES.get(0), folder, true);
    copy(FILES.get(1), folder, false);
    copy(FILES.get(2), folder, false);
    copy(FILES.get(3), folder, true);

    var data = DataSet.read(folder.toString(), 10);

    assertThat(data.training().count()).isEqualTo(8000);
    assertThat(data.heldOut().label(12)).isEqualTo(7);
  }

  @Test
  void saysWhichFileAFolderLacks(@TempDir Path folder) {
    assertThatThrownBy(() -> DataSet.read(folder.toString(), 10))
        .isInstanceOf(DataSetException.class)
        .hasMessageStartingWith("The 'train' part of the data cannot be read: folder '" + folder)
        .hasMessageContaining("neither 'train-images-idx3-ubyte' nor '")
        .hasMessageEndingWith("four IDX files of an MNIST-shaped set, or 'mnist-digits'");
  }

  @Test
  void refusesLabelsBeyondTheClasses() {
    assertThatThrownBy(() -> DataSet.read("mnist-digits", 5))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("/datasets/mnist-digits/train-labels-idx1-ubyte.gz")
        .hasMessageContaining("expected 0 to 4");
  }

  @Test
  void takesTheFirstImagesOnly() {
    var training = DataSet.read("mnist-digits", 10).training();

    assertThat(training.first(100).count()).isEqualTo(100);
    assertThat(training.first(100).scaled(0, 100)).isEqualTo(training.scaled(0, 100));
    assertThat(training.first(1_000_000)).isSameAs(training);
  }

  private static void copy(String name, Path folder, boolean gzipped) throws IOException {
    var path = "/datasets/mnist-digits/" + name + ".gz";
    try (InputStream in = Objects.requireNonNull(DataSetTest.class.getResourceAsStream(path))) {
      Files.copy(
          gzipped ? in : new GZIPInputStream(in), folder.resolve(gzipped ? name + ".gz" : name));
    }
  }
}
