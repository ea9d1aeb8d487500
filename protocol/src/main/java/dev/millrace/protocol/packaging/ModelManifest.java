package dev.millrace.protocol.packaging;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The file {@code millrace.json} of a package: which file is the model, what goes in and what comes
 * out.
 *
 * @param platform what executes the model, in Triton's words, such as {@code onnxruntime_onnx}
 * @param modelFile path below the package folder, as are the other files
 * @param labelsFile one label a line, in the order of the output; null when the classes have no
 *     names
 * @param goldenFile recorded examples; null when there are none
 * @param image null for models that take no picture
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelManifest(
    int formatVersion,
    String platform,
    String modelFile,
    List<TensorDescription> inputs,
    List<TensorDescription> outputs,
    @Nullable String labelsFile,
    @Nullable String goldenFile,
    @Nullable ImageDescription image) {
  /** The one version of the format that this build writes and reads. */
  public static final int FORMAT_VERSION = 1;

  /** Name of the file in the package folder. */
  public static final String FILE = "millrace.json";

  /** Refuses what contradicts itself with an {@link IllegalArgumentException}. */
  public ModelManifest {
    if (formatVersion != FORMAT_VERSION) {
      throw new IllegalArgumentException(
          "'formatVersion' is %d; this build reads %d".formatted(formatVersion, FORMAT_VERSION));
    }
    Objects.requireNonNull(platform, "'platform' is missing");
    PackagePath.requireRelative(Objects.requireNonNull(modelFile, "'modelFile' is missing"));
    requireRelativeIfGiven(labelsFile);
    requireRelativeIfGiven(goldenFile);
    inputs = List.copyOf(Objects.requireNonNull(inputs, "'inputs' is missing"));
    outputs = List.copyOf(Objects.requireNonNull(outputs, "'outputs' is missing"));
    if (image != null) {
      requireNamed("image.input", image.input(), inputs);
      requireNamed("image.output", image.output(), outputs);
    }
  }

  private static void requireRelativeIfGiven(@Nullable String file) {
    if (file != null) {
      PackagePath.requireRelative(file);
    }
  }

  private static void requireNamed(String field, String name, List<TensorDescription> tensors) {
    var names = tensors.stream().map(TensorDescription::name).toList();
    if (!names.contains(name)) {
      throw new IllegalArgumentException(
          "'%s' is '%s'; expected one of %s".formatted(field, name, names));
    }
  }
}
