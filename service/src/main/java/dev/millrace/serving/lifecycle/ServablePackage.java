package dev.millrace.serving.lifecycle;

import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.protocol.packaging.ImageDescription;
import dev.millrace.protocol.packaging.SignatureColumn;
import dev.millrace.serving.modelconfig.DeclaredConfig;
import dev.millrace.serving.runtime.ModelLoadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files of one version on this machine.
 *
 * @param modelFile of an ensemble, which has none, the folder of the version
 * @param labels names of the classes of the output, empty where it has none
 * @param image how to make the input from a picture, absent where it does not take one
 * @param golden what it must answer before it goes live; may hold no examples
 * @param settingsFiles what they say about serving it, the more general first; may be none
 * @param config what is said of it in Triton's form; null where nothing is
 * @param columns names of the columns of the one input, empty where they have none
 */
public record ServablePackage(
    Path modelFile,
    List<String> labels,
    @Nullable ImageDescription image,
    GoldenExamples golden,
    List<Path> settingsFiles,
    @Nullable DeclaredConfig config,
    List<SignatureColumn> columns) {
  /** Copies the lists. */
  public ServablePackage {
    labels = List.copyOf(labels);
    settingsFiles = List.copyOf(settingsFiles);
    columns = List.copyOf(columns);
  }

  /** One of which nothing is said in Triton's form, and whose columns have no names. */
  public ServablePackage(
      Path modelFile,
      List<String> labels,
      @Nullable ImageDescription image,
      GoldenExamples golden,
      List<Path> settingsFiles) {
    this(modelFile, labels, image, golden, settingsFiles, null, List.of());
  }

  /**
   * The size of the model file and of what lies beside it under its name, as external data does.
   */
  long modelBytes() {
    var folder = modelFile.toAbsolutePath().getParent();
    var name = modelFile.getFileName().toString();
    long bytes = 0;
    try (var parts =
        Files.newDirectoryStream(folder, part -> part.getFileName().toString().startsWith(name))) {
      for (var part : parts) {
        bytes += Files.isRegularFile(part) ? Files.size(part) : 0;
      }
    } catch (IOException e) {
      throw new ModelLoadException("Cannot read '%s': %s".formatted(folder, e.getMessage()), e);
    }
    return bytes;
  }
}
