package dev.millrace.serving.lifecycle;

import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.protocol.packaging.ImageDescription;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files of one version on this machine.
 *
 * @param labels names of the classes of the output, empty where it has none
 * @param image how to make the input from a picture, absent where it does not take one
 * @param golden what it must answer before it goes live; may hold no examples
 * @param settingsFiles what they say about serving it, the more general first; may be none
 */
public record ServablePackage(
    Path modelFile,
    List<String> labels,
    @Nullable ImageDescription image,
    GoldenExamples golden,
    List<Path> settingsFiles) {
  /** Copies the lists. */
  public ServablePackage {
    labels = List.copyOf(labels);
    settingsFiles = List.copyOf(settingsFiles);
  }
}
