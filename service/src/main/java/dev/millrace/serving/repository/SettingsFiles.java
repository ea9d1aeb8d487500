package dev.millrace.serving.repository;

import dev.millrace.serving.lifecycle.ModelSettings;
import dev.millrace.serving.lifecycle.ModelSettingsSource;
import dev.millrace.serving.lifecycle.ServablePackage;
import dev.millrace.serving.modelconfig.DeclaredConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Reads the settings of models: the defaults, overlaid with the model's configuration in Triton's
 * form, with each {@value #NAME} that lies with the model, and with what the operator's file says
 * under {@code models: NAME:}. The operator's file is read at each load, so a change holds from the
 * next one on.
 */
public final class SettingsFiles implements ModelSettingsSource {
  /** The file that lies with a model. */
  static final String NAME = "millrace.yaml";

  private static final String MODELS = "models";
  private static final int MAX_BYTES = 64 << 10;
  private static final int MAX_DEPTH = 16;

  private final ModelSettings defaults;
  private final @Nullable Path operatorsFile;

  /** The operator's file is optional, but when named it must be there at each load. */
  public SettingsFiles(ModelSettings defaults, @Nullable Path operatorsFile) {
    this.defaults = defaults;
    this.operatorsFile = operatorsFile;
  }

  @Override
  public ModelSettings of(String model, ServablePackage files) throws IOException {
    var settings = files.config() == null ? defaults : over(files.config());
    for (var file : files.settingsFiles()) {
      var map = read(file);
      SettingsReader.requireFitForModels(map);
      settings = over(settings, map);
    }
    if (operatorsFile != null) {
      var root = read(operatorsFile);
      root.requireOnly(Set.of(MODELS));
      settings = over(settings, root.map(MODELS).map(model));
    }
    return settings;
  }

  private ModelSettings over(DeclaredConfig config) throws IOException {
    try {
      return ConfigSettings.over(defaults, config);
    } catch (IllegalArgumentException e) {
      throw new IOException(config.source().label() + ": " + e.getMessage(), e);
    }
  }

  /** Those of the folders that hold a file of settings, in the same order. */
  static List<Path> in(Path... folders) {
    return Stream.of(folders)
        .distinct()
        .map(folder -> folder.resolve(NAME))
        .filter(Files::isRegularFile)
        .toList();
  }

  private static ModelSettings over(ModelSettings settings, SettingsMap map) {
    return SettingsReader.over(settings, map);
  }

  private static SettingsMap read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          "There is no file of settings '%s'. Create it, or unset MILLRACE_MODEL_SETTINGS."
              .formatted(file));
    }
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(
          "%s has %d bytes; a file of settings has at most %d"
              .formatted(file.getFileName(), Files.size(file), MAX_BYTES));
    }
    try {
      Object read = yaml().load(Files.readString(file));
      return SettingsMap.of(file.getFileName().toString(), read == null ? Map.of() : read);
    } catch (YAMLException e) {
      throw new IOException("%s is not YAML: %s".formatted(file.getFileName(), e.getMessage()), e);
    }
  }

  /** Makes maps, lists and plain values only, from a file of bounded size, depth and aliases. */
  private static Yaml yaml() {
    var options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    options.setMaxAliasesForCollections(0);
    options.setNestingDepthLimit(MAX_DEPTH);
    options.setCodePointLimit(MAX_BYTES);
    return new Yaml(new SafeConstructor(options));
  }
}
