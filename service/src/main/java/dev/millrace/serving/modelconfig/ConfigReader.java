package dev.millrace.serving.modelconfig;

import dev.millrace.protocol.modelconfig.ConfigSource;
import dev.millrace.protocol.modelconfig.ModelConfigJson;
import dev.millrace.protocol.modelconfig.ModelConfigText;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads configurations, and refuses what they say and this server cannot do, each time with the
 * place, the field and the reason. Blocks on files.
 */
public final class ConfigReader {
  /** The file that lies beside the versions of a model. */
  public static final String NAME = "config.pbtxt";

  private static final long MOST_BYTES = 1 << 20;

  private ConfigReader() {}

  /**
   * What lies beside the versions of a model; empty where there is nothing.
   *
   * @throws IOException where it cannot be used
   */
  public static Optional<DeclaredConfig> read(String model, Path folder) throws IOException {
    var file = folder.resolve(NAME);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    ModelFolder.requireInside(folder, file);
    if (Files.size(file) > MOST_BYTES) {
      throw new IOException(
          "%s has %d bytes; it may have at most %d".formatted(NAME, Files.size(file), MOST_BYTES));
    }
    try {
      var source = ModelConfigText.parse(NAME, Files.readString(file));
      return Optional.of(declared(model, source, folder));
    } catch (CharacterCodingException e) {
      throw new IOException(NAME + " is not UTF-8. Save it in that encoding.", e);
    }
  }

  /**
   * What a client sends to be used instead of the file, as JSON.
   *
   * @throws IOException where it cannot be used
   */
  public static DeclaredConfig ofJson(String model, String json, Path folder) throws IOException {
    return declared(model, ModelConfigJson.parse("Invalid config override", json), folder);
  }

  private static DeclaredConfig declared(String model, ConfigSource source, Path folder)
      throws IOException {
    FieldSupport.require(source);
    new ConfigRules(model, source).require();
    return new DeclaredConfig(source, Map.of(), FieldSupport.withoutEffect(source), folder);
  }

  /**
   * The same with the labels that it names, which a look at a whole directory has no need of.
   *
   * @throws IOException where a file of labels cannot be used
   */
  public static DeclaredConfig withLabels(DeclaredConfig declared) throws IOException {
    return new DeclaredConfig(
        declared.source(),
        labels(declared.source(), declared.folder()),
        declared.withoutEffect(),
        declared.folder());
  }

  private static Map<String, List<String>> labels(ConfigSource source, Path folder)
      throws IOException {
    var labels = new HashMap<String, List<String>>();
    for (int i = 0; i < source.config().getOutputCount(); i++) {
      var output = source.config().getOutput(i);
      if (!output.getLabelFilename().isEmpty()) {
        var file = file(source, folder, output.getLabelFilename(), i);
        labels.put(output.getName(), ModelFolder.lines(file));
      }
    }
    return labels;
  }

  private static Path file(ConfigSource source, Path folder, String name, int output)
      throws IOException {
    try {
      return ModelFolder.file(folder, name);
    } catch (IOException e) {
      throw source.refusal("output[" + output + "].label_filename", String.valueOf(e.getMessage()));
    }
  }
}
