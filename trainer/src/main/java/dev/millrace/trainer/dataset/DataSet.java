package dev.millrace.trainer.dataset;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Images to train on and others, never trained on, to judge by. */
public record DataSet(LabelledImages training, LabelledImages heldOut) {
  private static final String BUNDLED = "mnist-digits";

  /** Refuses two parts whose images differ in size. */
  public DataSet {
    if (training.height() != heldOut.height() || training.width() != heldOut.width()) {
      throw new DataSetException(
          "The training images are %d x %d, the held-out ones %d x %d; both have to be alike."
              .formatted(training.height(), training.width(), heldOut.height(), heldOut.width()));
    }
  }

  /**
   * Reads the four files of an MNIST-shaped set, gzipped or not.
   *
   * @param source {@code mnist-digits} for the bundled digits, else a folder
   * @param classes labels are below it
   * @throws DataSetException when a file is missing, truncated or mislabelled
   */
  public static DataSet read(String source, int classes) {
    Opener opener = source.equals(BUNDLED) ? DataSet::bundled : name -> inFolder(source, name);
    return new DataSet(read(opener, "train", classes), read(opener, "t10k", classes));
  }

  /** Finds a file by its name without {@code .gz}. */
  private interface Opener {
    NamedStream open(String name) throws IOException;
  }

  private record NamedStream(String name, InputStream in) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  private static LabelledImages read(Opener opener, String part, int classes) {
    try (var images = opener.open(part + "-images-idx3-ubyte");
        var labels = opener.open(part + "-labels-idx1-ubyte")) {
      var read = IdxFile.images(images.name(), images.in());
      var labelled = IdxFile.labels(labels.name(), labels.in(), read.count(), classes);
      return new LabelledImages(read.height(), read.width(), read.pixels(), labelled);
    } catch (IOException e) {
      throw new DataSetException(
          "The '%s' part of the data cannot be read: %s".formatted(part, e.getMessage()), e);
    }
  }

  private static NamedStream bundled(String name) throws IOException {
    var path = "/datasets/" + BUNDLED + "/" + name + ".gz";
    var in = DataSet.class.getResourceAsStream(path);
    if (in == null) {
      throw new FileNotFoundException("resource " + path + " is missing from the trainer's jar");
    }
    return new NamedStream(path, in);
  }

  private static NamedStream inFolder(String folder, String name) throws IOException {
    for (var candidate : List.of(name, name + ".gz")) {
      var file = Path.of(folder, candidate);
      if (Files.isRegularFile(file)) {
        return new NamedStream(file.toString(), Files.newInputStream(file));
      }
    }
    throw new NoSuchFileException(
        "folder '%s' holds neither '%s' nor '%s.gz'. Name a folder with the four IDX files of an MNIST-shaped set, or '%s'"
            .formatted(folder, name, name, BUNDLED));
  }
}
