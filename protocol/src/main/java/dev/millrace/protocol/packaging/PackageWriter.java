package dev.millrace.protocol.packaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Writes a package that Millrace and MLflow's Python client both load. */
public final class PackageWriter {
  private PackageWriter() {}

  /**
   * Writes all files, {@code SHA256SUMS} last, and opens the result.
   *
   * @param folder made when absent; must be empty, else a {@link PackageException} says so
   */
  public static ModelPackage write(Path folder, PackageContents contents) throws IOException {
    Files.createDirectories(folder);
    requireEmpty(folder);
    var manifest = contents.manifest();
    copyModel(folder, contents);
    if (manifest.labelsFile() != null) {
      Files.write(parentMade(folder.resolve(manifest.labelsFile())), contents.labels());
    }
    if (manifest.goldenFile() != null) {
      PackageJson.write(parentMade(folder.resolve(manifest.goldenFile())), contents.golden());
    }
    MlflowFiles.write(folder, contents);
    PackageJson.write(folder.resolve(ModelManifest.FILE), manifest);
    Sha256Sums.write(folder);
    return ModelPackage.open(folder);
  }

  private static void copyModel(Path folder, PackageContents contents) throws IOException {
    Files.copy(contents.model(), parentMade(folder.resolve(contents.manifest().modelFile())));
  }

  private static Path parentMade(Path file) throws IOException {
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    return file;
  }

  private static void requireEmpty(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      var first = files.findFirst();
      if (first.isPresent()) {
        throw PackageException.of(
            folder, "an empty folder", "'" + first.get().getFileName() + "'", "Name a new folder.");
      }
    }
  }
}
