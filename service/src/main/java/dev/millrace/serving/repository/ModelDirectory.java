package dev.millrace.serving.repository;

import dev.millrace.protocol.packaging.Sha256;
import dev.millrace.serving.modelconfig.ConfigReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a directory of models: Triton's layout {@code NAME/VERSION/model.onnx}, a folder for each
 * model, or the files of one model.
 */
final class ModelDirectory {
  private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,17}");
  private static final String ONLY_VERSION = "1";
  private static final int MAX_DEPTH = 8;
  private static final int MAX_FILES = 10_000;

  private final Path root;
  private final @Nullable String flatName;
  private final boolean sent;

  ModelDirectory(Path root, @Nullable String flatName) {
    this(root, flatName, false);
  }

  private ModelDirectory(Path root, @Nullable String flatName, boolean sent) {
    this.root = root;
    this.flatName = flatName;
    this.sent = sent;
  }

  /** A folder of one load that brought the files along; none like it comes again. */
  static ModelDirectory ofLoad(Path folder) {
    return new ModelDirectory(folder, null, true);
  }

  /** What is there, and what is there but cannot be offered, each with the reason. */
  record Contents(Map<String, FoundModel> models, Map<String, String> refused) {
    /** Copies the maps. */
    Contents {
      models = Map.copyOf(models);
      refused = Map.copyOf(refused);
    }

    boolean mentions(String model) {
      return models.containsKey(model) || refused.containsKey(model);
    }
  }

  /** Looks at every model. Throws when the root itself cannot be read. */
  Contents read() throws IOException {
    var models = new HashMap<String, FoundModel>();
    var refused = new HashMap<String, String>();
    for (var name : names()) {
      try {
        find(name).ifPresent(found -> models.put(name, found));
      } catch (IOException | UncheckedIOException e) {
        refused.put(name, String.valueOf(e.getMessage()));
      }
    }
    return new Contents(models, refused);
  }

  /**
   * The versions of a model that are to be served: of those that have files of a model, the ones
   * that its policy selects.
   */
  Optional<FoundModel> find(String name) throws IOException {
    return find(name, null);
  }

  /**
   * The same with another configuration than the one beside the versions.
   *
   * @param override in Triton's JSON form; null for none
   */
  Optional<FoundModel> find(String name, @Nullable String override) throws IOException {
    if (!ModelName.allowed(name)) {
      throw new IOException("'%s' cannot be a model. %s".formatted(name, ModelName.rule()));
    }
    if (isFlat()) {
      return name.equals(nameOfFlat())
          ? Optional.of(only(name, root, FolderConfig.read(name, root, override)))
          : Optional.empty();
    }
    var folder = root.resolve(name);
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    requireInside(folder);
    return chosenVersions(name, folder, FolderConfig.read(name, folder, override));
  }

  private Optional<FoundModel> chosenVersions(String name, Path folder, FolderConfig config)
      throws IOException {
    var there =
        versionsIn(folder).stream().filter(one -> config.isModel(folder.resolve(one))).toList();
    var versions = new ArrayList<FoundVersion>();
    for (var version : config.selected(there)) {
      versions.add(foundInside(version, folder.resolve(version), folder));
    }
    if (!versions.isEmpty()) {
      return Optional.of(new FoundModel(name, versions, folder, config, sent));
    }
    if (config.isModel(folder)) {
      return Optional.of(only(name, folder, config));
    }
    config.requireNone(name);
    return Optional.empty();
  }

  /** What one version is keeps no other from being served. */
  private FoundVersion foundInside(String version, Path place, Path folder) throws IOException {
    try {
      requireInside(place);
    } catch (IOException e) {
      return FoundVersion.refused(version, place, String.valueOf(e.getMessage()));
    }
    return found(version, place, folder);
  }

  private FoundModel only(String name, Path folder, FolderConfig config) throws IOException {
    var version = found(ONLY_VERSION, folder, folder);
    return new FoundModel(name, List.of(version), folder, config, sent);
  }

  private List<String> names() throws IOException {
    if (isFlat()) {
      return List.of(nameOfFlat());
    }
    try (var entries = Files.list(root)) {
      return entries
          .filter(Files::isDirectory)
          .map(entry -> entry.getFileName().toString())
          .filter(name -> !name.startsWith("."))
          .sorted()
          .toList();
    }
  }

  private boolean isFlat() {
    return ModelFiles.in(root)
        || (Files.exists(root.resolve(ConfigReader.NAME))
            && FolderConfig.read(String.valueOf(flatName), root, null).isModel(root));
  }

  private String nameOfFlat() throws IOException {
    return flatName != null ? flatName : root.toRealPath().getFileName().toString();
  }

  /** Whether a folder holds versions with files of a model. */
  static boolean hasVersions(Path folder) throws IOException {
    return versionsIn(folder).stream().anyMatch(version -> ModelFiles.in(folder.resolve(version)));
  }

  private static List<String> versionsIn(Path folder) throws IOException {
    try (var entries = Files.list(folder)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> VERSION.matcher(name).matches())
          .sorted(Comparator.<String>comparingLong(Long::parseLong).reversed())
          .toList();
    }
  }

  private void requireInside(Path folder) throws IOException {
    if (!folder.toRealPath().startsWith(root.toRealPath())) {
      throw new IOException(
          "'%s' is a link that leads out of the model directory '%s'; put the files inside it"
              .formatted(folder, root));
    }
  }

  private FoundVersion found(String version, Path folder, Path modelFolder) throws IOException {
    var newest = FileTime.fromMillis(0);
    long bytes = 0;
    var marks = new ArrayList<String>();
    if (sent) {
      // Files of two loads may have the same sizes and, within one tick, the same times.
      marks.add(root.getFileName().toString());
    }
    for (var file : filesOf(folder, modelFolder)) {
      var changed = Files.getLastModifiedTime(file);
      newest = changed.compareTo(newest) > 0 ? changed : newest;
      long size = Files.size(file);
      bytes += size;
      marks.add(folder.relativize(file) + " " + size + " " + changed);
    }
    return new FoundVersion(version, folder, digest(marks), newest, bytes, null);
  }

  private static List<Path> filesOf(Path folder, Path modelFolder) throws IOException {
    try (var below = Files.walk(folder, MAX_DEPTH, FileVisitOption.FOLLOW_LINKS);
        var beside = Files.list(modelFolder)) {
      return Stream.concat(below, beside)
          .filter(Files::isRegularFile)
          .distinct()
          .limit(MAX_FILES)
          .sorted()
          .toList();
    }
  }

  private static String digest(List<String> marks) throws IOException {
    var bytes = String.join("\n", marks).getBytes(StandardCharsets.UTF_8);
    return Sha256.of(new ByteArrayInputStream(bytes));
  }
}
