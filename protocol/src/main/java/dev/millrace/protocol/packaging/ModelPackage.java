package dev.millrace.protocol.packaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A packaged model in a folder. All methods throw {@link PackageException} where the package is at
 * fault.
 */
public final class ModelPackage {
  private static final long LABELS_BYTES = 16 << 20;

  private final Path folder;
  private final ModelManifest manifest;

  private ModelPackage(Path folder, ModelManifest manifest) {
    this.folder = folder;
    this.manifest = manifest;
  }

  /** Reads the manifest and checks that the files it names exist; no digest is looked at. */
  public static ModelPackage open(Path folder) {
    var file = PackagePath.regularFile(folder, ModelManifest.FILE);
    var manifest = PackageJson.read(file, ModelManifest.class, PackageJson.MANIFEST_BYTES);
    var opened = new ModelPackage(folder, manifest);
    opened.requireFiles();
    return opened;
  }

  /**
   * Opens a package only if it is what was published: each file's digest as listed, no file that is
   * not listed, no link.
   *
   * @param sha256OfSums digest of the file {@code SHA256SUMS} as the registry knows it; null trusts
   *     the file itself
   */
  public static ModelPackage verified(Path folder, @Nullable String sha256OfSums) {
    try {
      var sums = Sha256Sums.read(folder);
      if (sha256OfSums != null) {
        Sha256Sums.requireDigest(folder.resolve(Sha256Sums.FILE), sha256OfSums);
      }
      sums.verify();
    } catch (IOException e) {
      throw unreadable(folder, e);
    }
    return open(folder);
  }

  /** SHA-256 of the file {@code SHA256SUMS}, which stands for the whole package. */
  public String sha256OfSums() {
    var file = PackagePath.regularFile(folder, Sha256Sums.FILE, LinkOption.NOFOLLOW_LINKS);
    try {
      return Sha256.of(file);
    } catch (IOException e) {
      throw unreadable(folder, e);
    }
  }

  /** Where the package lies. */
  public Path folder() {
    return folder;
  }

  /** What the package says about itself. */
  public ModelManifest manifest() {
    return manifest;
  }

  /** The model itself. */
  public Path modelFile() {
    return folder.resolve(manifest.modelFile());
  }

  /** Labels in the order of the output; empty when the package has none. Reads the file. */
  public List<String> labels() {
    if (manifest.labelsFile() == null) {
      return List.of();
    }
    var file = PackagePath.regularFile(folder, manifest.labelsFile());
    PackageJson.requireSize(file, LABELS_BYTES);
    try {
      return List.copyOf(Files.readAllLines(file));
    } catch (IOException e) {
      throw unreadable(folder, e);
    }
  }

  /**
   * The recorded examples; {@link GoldenExamples#NONE} when the package has none. Reads the file.
   */
  public GoldenExamples golden() {
    if (manifest.goldenFile() == null) {
      return GoldenExamples.NONE;
    }
    var file = PackagePath.regularFile(folder, manifest.goldenFile());
    return PackageJson.read(file, GoldenExamples.class, PackageJson.GOLDEN_BYTES);
  }

  private void requireFiles() {
    PackagePath.regularFile(folder, manifest.modelFile());
    if (manifest.labelsFile() != null) {
      PackagePath.regularFile(folder, manifest.labelsFile());
    }
    if (manifest.goldenFile() != null) {
      PackagePath.regularFile(folder, manifest.goldenFile());
    }
  }

  private static PackageException unreadable(Path folder, IOException e) {
    return new PackageException(
        "Package '%s' cannot be read: %s. Check that the folder and its files are readable."
            .formatted(folder, e),
        e);
  }
}
