package dev.millrace.serving.repository;

import dev.millrace.protocol.oip.ModelVersionPolicy;
import dev.millrace.protocol.packaging.Sha256;
import dev.millrace.serving.modelconfig.AskedModel;
import dev.millrace.serving.modelconfig.ConfigReader;
import dev.millrace.serving.modelconfig.DeclaredConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is said of a model in Triton's form, as far as choosing a version needs it. One that cannot
 * be used is found out when the version is read, so that its load fails with the reason and the
 * index shows it.
 */
final class FolderConfig {
  private final @Nullable DeclaredConfig declared;
  private final @Nullable IOException problem;
  private final String identity;
  private final List<String> notes = new ArrayList<>();

  private FolderConfig(
      @Nullable DeclaredConfig declared, @Nullable IOException problem, String identity) {
    this.declared = declared;
    this.problem = problem;
    this.identity = identity;
    if (declared != null) {
      declared.withoutEffect().forEach(path -> notes.add(path + " has no effect here"));
    }
  }

  /**
   * Of the model in this folder.
   *
   * @param override replaces the file, in JSON; null for none
   */
  static FolderConfig read(String model, Path folder, @Nullable String override) {
    try {
      return override == null
          ? new FolderConfig(ConfigReader.read(model, folder).orElse(null), null, "")
          : new FolderConfig(ConfigReader.ofJson(model, override, folder), null, digest(override));
    } catch (IOException | UncheckedIOException e) {
      return new FolderConfig(null, new IOException(e.getMessage(), e), "");
    }
  }

  private static String digest(String override) throws IOException {
    var bytes = override.getBytes(StandardCharsets.UTF_8);
    return "+" + Sha256.of(new ByteArrayInputStream(bytes));
  }

  /** Tells a configuration that was sent along from the one that lies beside the versions. */
  String identity() {
    return identity;
  }

  /** What the operator should know of it. */
  List<String> notes() {
    return List.copyOf(notes);
  }

  /** What it says, with its labels; null where there is none. Throws where it cannot be used. */
  @Nullable DeclaredConfig required() throws IOException {
    if (problem != null) {
      throw problem;
    }
    return declared == null ? null : ConfigReader.withLabels(declared);
  }

  /** Of the model's file inside a version; empty for the usual ones. */
  String fileName() {
    return declared == null ? "" : declared.message().getDefaultModelFilename();
  }

  /** Of the first output that has some. */
  static List<String> firstLabels(@Nullable DeclaredConfig declared) {
    if (declared == null) {
      return List.of();
    }
    return declared.message().getOutputList().stream()
        .map(output -> declared.labels().getOrDefault(output.getName(), List.of()))
        .filter(labels -> !labels.isEmpty())
        .findFirst()
        .orElse(List.of());
  }

  /** Whether other models answer for it. */
  boolean isEnsemble() {
    return declared != null && declared.isEnsemble();
  }

  /** What an ensemble asks; nothing of any other model. */
  Set<AskedModel> asked() {
    return declared == null ? Set.of() : declared.asked();
  }

  /** The models that an ensemble asks; none of any other model. */
  Set<String> stepModels() {
    return declared == null ? Set.of() : declared.stepModels();
  }

  /** Whether a folder has the files of a version. */
  boolean isModel(Path folder) {
    if (isEnsemble()) {
      return isVersion(folder);
    }
    return fileName().isEmpty()
        ? ModelFiles.in(folder) || (problem != null && isVersion(folder))
        : Files.exists(folder.resolve(fileName()));
  }

  /** The name of a file may stand in what could not be read. */
  private static boolean isVersion(Path folder) {
    return Files.isDirectory(folder)
        && folder.getFileName().toString().chars().allMatch(Character::isDigit);
  }

  /**
   * Those of the versions that the policy selects, in the same order; without a policy the first.
   *
   * @param versions the highest first
   */
  List<String> selected(List<String> versions) {
    var policy =
        declared == null
            ? ModelVersionPolicy.getDefaultInstance()
            : declared.message().getVersionPolicy();
    return switch (policy.getPolicyChoiceCase()) {
      case ALL -> versions;
      case SPECIFIC -> {
        var numbers = policy.getSpecific().getVersionsList();
        tellOfMissing(numbers, versions);
        yield versions.stream().filter(one -> numbers.contains(Long.parseLong(one))).toList();
      }
      case LATEST, POLICYCHOICE_NOT_SET ->
          versions.stream().limit(Math.max(latest(policy), 1)).toList();
    };
  }

  private static long latest(ModelVersionPolicy policy) {
    return Integer.toUnsignedLong(policy.getLatest().getNumVersions());
  }

  private void tellOfMissing(List<Long> numbers, List<String> versions) {
    numbers.stream()
        .map(String::valueOf)
        .filter(number -> !versions.contains(number))
        .forEach(
            number ->
                notes.add(
                    "version_policy names version " + number + ", which has no files of a model"));
  }

  /** Throws where a configuration belongs to no version at all. */
  void requireNone(String model) throws IOException {
    if (isEnsemble()) {
      throw new IOException(
          "at least one version must be available under the version policy of model '%s'. Make a folder %s/1 for the ensemble; it may be empty."
              .formatted(model, model));
    }
    if (declared != null) {
      throw new IOException(
          "at least one version must be available under the version policy of model '%s'. Put '%s' into the folder of a version that version_policy selects, such as %s/1"
              .formatted(model, fileName().isEmpty() ? "model.onnx" : fileName(), model));
    }
    if (problem != null) {
      throw problem;
    }
  }
}
