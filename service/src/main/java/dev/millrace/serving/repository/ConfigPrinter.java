package dev.millrace.serving.repository;

import dev.millrace.protocol.modelconfig.ModelConfigText;
import dev.millrace.protocol.oip.ModelConfig;
import dev.millrace.serving.device.Device;
import dev.millrace.serving.lifecycle.ModelSettings;
import dev.millrace.serving.lifecycle.ServablePackage;
import dev.millrace.serving.modelconfig.CompletedConfig;
import dev.millrace.serving.modelconfig.ConfigReader;
import dev.millrace.serving.modelconfig.ConfiguredModel;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.runtime.ModelRuntimes;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.tensor.Signature;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Writes the whole configuration of each model of a directory, in Triton's text form. */
public final class ConfigPrinter {
  private final PrintStream out;
  private final PrintStream errors;
  private final ModelRuntimes runtimes = ModelRuntimes.installed();

  /** Writes configurations to the one and what went wrong to the other. */
  public ConfigPrinter(PrintStream out, PrintStream errors) {
    this.out = out;
    this.errors = errors;
  }

  /**
   * Opens every model on the processors, one after the other.
   *
   * @param folder of models, or of one model
   * @return whether there was a model, and none that could not be opened
   * @throws IOException when the folder cannot be read
   */
  public boolean print(Path folder) throws IOException {
    var place = folder.toRealPath();
    var parent = place.getParent();
    var contents =
        parent != null && isOneModel(place)
            ? one(new ModelDirectory(parent, null), place.getFileName().toString())
            : new ModelDirectory(place, null).read();
    contents.refused().forEach(this::tell);
    boolean printed = contents.refused().isEmpty() && !contents.models().isEmpty();
    for (var found : new TreeMap<>(contents.models()).values()) {
      printed = print(found) && printed;
    }
    return printed;
  }

  /** The folder of a model beside others: its versions, or its configuration, lie in it. */
  private static boolean isOneModel(Path folder) throws IOException {
    return Files.exists(folder.resolve(ConfigReader.NAME))
        || (!ModelFiles.in(folder) && ModelDirectory.hasVersions(folder));
  }

  private static ModelDirectory.Contents one(ModelDirectory directory, String name)
      throws IOException {
    Optional<FoundModel> found = directory.find(name);
    return new ModelDirectory.Contents(
        found.map(model -> Map.of(name, model)).orElse(Map.of()), Map.of());
  }

  private boolean print(FoundModel found) {
    try {
      var config = config(found.model(), found.candidates().getFirst().files().fetch());
      out.printf("# %s/%s%n%s%n", found.model(), ConfigReader.NAME, ModelConfigText.print(config));
      return true;
    } catch (IOException | UncheckedIOException | ModelLoadException e) {
      tell(found.model(), String.valueOf(e.getMessage()));
      return false;
    }
  }

  private void tell(String model, String reason) {
    errors.printf("%s: %s%n", model, reason);
  }

  private ModelConfig config(String model, ServablePackage files) {
    if (files.config() != null && files.config().isEnsemble()) {
      return CompletedConfig.ofEnsemble(model, files.config());
    }
    var runtime = runtimes.forFile(files.modelFile());
    try (var file = runtime.open(files.modelFile(), Device.cpu(), RuntimeSettings.threads(1))) {
      var signature = ConfiguredModel.of(model, file, files.config()).signature();
      return config(model, files, signature);
    }
  }

  private static ModelConfig config(String model, ServablePackage files, Signature signature) {
    int rows = ModelSettings.defaults().scheduling().maxBatchRows();
    var name = files.modelFile().getFileName().toString();
    return files.config() == null
        ? CompletedConfig.forFile(model, signature, rows, name)
        : CompletedConfig.of(model, files.config(), signature, rows, name);
  }
}
