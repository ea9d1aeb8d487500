package dev.millrace.serving.repository;

import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.protocol.packaging.ModelManifest;
import dev.millrace.protocol.packaging.ModelPackage;
import dev.millrace.protocol.packaging.SignatureColumn;
import dev.millrace.serving.lifecycle.ServablePackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the model in a folder: Millrace's package, any MLflow model with the flavour onnx, or just
 * a {@code model.onnx}.
 */
final class ModelFiles {
  private static final String MODEL = "model.onnx";
  private static final String LABELS = "labels.txt";
  private static final String SUMS = "SHA256SUMS";
  private static final long MAX_LABELS_BYTES = 16 << 20;

  private ModelFiles() {}

  /** Whether the folder looks like a model; its files may still be wrong, or half-written. */
  static boolean in(Path folder) {
    return Stream.of(MODEL, MlmodelFile.NAME, ModelManifest.FILE)
        .anyMatch(name -> Files.exists(folder.resolve(name)));
  }

  /**
   * What the folder holds, with digests checked where it lists them.
   *
   * @param sha256 of the list of digests, as a registry knows it; null trusts the folder
   */
  static ServablePackage read(Path folder, @Nullable String sha256) throws IOException {
    if (sha256 != null || Files.exists(folder.resolve(SUMS))) {
      return packaged(ModelPackage.verified(folder, sha256));
    }
    if (Files.exists(folder.resolve(ModelManifest.FILE))) {
      return packaged(ModelPackage.open(folder));
    }
    return plain(folder, onnxFile(folder));
  }

  private static ServablePackage packaged(ModelPackage model) throws IOException {
    var labels = model.labels();
    return new ServablePackage(
        model.modelFile(),
        labels.isEmpty() ? labelsIn(model.folder()) : labels,
        model.manifest().image(),
        model.golden(),
        SettingsFiles.in(model.folder()),
        null,
        columnsIn(model.folder()));
  }

  /** A model whose file has a name of its own. */
  static ServablePackage named(Path folder, String name) throws IOException {
    var named = folder.resolve(name);
    var file = Files.isDirectory(named) ? named.resolve(MODEL) : named;
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          "'%s' holds no file '%s', which default_model_filename of config.pbtxt names"
              .formatted(folder, name));
    }
    return plain(folder, file);
  }

  /** A version of an ensemble: its folder may hold labels, and anything else is left alone. */
  static ServablePackage ofEnsemble(Path folder) throws IOException {
    return plain(folder, folder);
  }

  private static ServablePackage plain(Path folder, Path model) throws IOException {
    requireInside(model, folder);
    return new ServablePackage(
        model,
        labelsIn(folder),
        null,
        GoldenExamples.NONE,
        SettingsFiles.in(folder),
        null,
        columnsIn(folder));
  }

  private static Path onnxFile(Path folder) throws IOException {
    var described = folder.resolve(MlmodelFile.NAME);
    if (Files.exists(described)) {
      return namedBy(MlmodelFile.read(described), folder);
    }
    var model = folder.resolve(MODEL);
    // A model with weights in files of its own is a folder of that name.
    var file = Files.isDirectory(model) ? model.resolve(MODEL) : model;
    if (!Files.isRegularFile(file)) {
      throw new IOException("'%s' holds no file '%s'".formatted(folder, MODEL));
    }
    return file;
  }

  private static Path namedBy(MlmodelFile description, Path folder) throws IOException {
    var name =
        description
            .onnxFile()
            .orElseThrow(
                () ->
                    new IOException(
                        "'%s' has the flavours %s; Millrace serves the flavour onnx. Log the model with mlflow.onnx.log_model, after converting it with skl2onnx, tf2onnx or torch.onnx."
                            .formatted(folder.resolve(MlmodelFile.NAME), description.flavors())));
    var file = folder.resolve(name).normalize();
    if (!file.startsWith(folder) || !Files.isRegularFile(file)) {
      throw new IOException(
          "'%s' names the model '%s', which is no file below that folder"
              .formatted(folder.resolve(MlmodelFile.NAME), name));
    }
    return file;
  }

  /** The columns that an MLmodel file in a folder names; empty when there is none. */
  private static List<SignatureColumn> columnsIn(Path folder) throws IOException {
    var file = folder.resolve(MlmodelFile.NAME);
    return Files.isRegularFile(file)
        ? SignatureColumn.of(MlmodelFile.read(file).inputs())
        : List.of();
  }

  /** The labels that lie in a folder; empty when there are none. */
  static List<String> labelsIn(Path folder) throws IOException {
    var file = folder.resolve(LABELS);
    if (!Files.isRegularFile(file)) {
      return List.of();
    }
    requireInside(file, folder);
    if (Files.size(file) > MAX_LABELS_BYTES) {
      throw new IOException(
          "'%s' has %d bytes; a file of labels has at most %d"
              .formatted(file, Files.size(file), MAX_LABELS_BYTES));
    }
    return Files.readAllLines(file);
  }

  private static void requireInside(Path file, Path folder) throws IOException {
    if (!file.toRealPath().startsWith(folder.toRealPath())) {
      throw new IOException(
          "'%s' leads out of '%s'; it must lie inside that folder".formatted(file, folder));
    }
  }
}
