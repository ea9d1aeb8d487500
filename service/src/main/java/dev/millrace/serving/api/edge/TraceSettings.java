package dev.millrace.serving.api.edge;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelCatalog;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The settings of Triton's trace extension, of the server and of single models. They are kept and
 * told; nothing is traced, so that no level but OFF is taken. Thread-safe.
 */
public final class TraceSettings {
  /** The setting that has several values. */
  public static final String LEVEL = "trace_level";

  private static final String RATE = "trace_rate";
  private static final String COUNT = "trace_count";
  private static final String FREQUENCY = "log_frequency";
  private static final String FILE = "trace_file";
  private static final String OFF = "OFF";
  private static final Set<String> LEVELS = Set.of(OFF, "TIMESTAMPS", "TENSORS");

  private static final Map<String, List<String>> DEFAULTS =
      Map.of(
          LEVEL,
          List.of(OFF),
          RATE,
          List.of("1000"),
          COUNT,
          List.of("-1"),
          FREQUENCY,
          List.of("0"));

  private final ModelCatalog catalog;

  /** By model; those of the server under the empty name. The maps are never changed. */
  private final Map<String, Map<String, List<String>>> changed = new ConcurrentHashMap<>();

  /** For the models of the catalog. */
  public TraceSettings(ModelCatalog catalog) {
    this.catalog = catalog;
  }

  /**
   * All settings that hold for a model, or for the server where it is empty, by their names.
   *
   * @throws InferenceException with Invalid where there is no such model
   */
  public Map<String, List<String>> current(String model) {
    requireKnown(model);
    var own = changed.getOrDefault(model, Map.of());
    var servers = changed.getOrDefault("", Map.of());
    var settings = new LinkedHashMap<String, List<String>>();
    for (var name : List.of(LEVEL, RATE, COUNT, FREQUENCY)) {
      settings.put(
          name,
          own.getOrDefault(
              name, servers.getOrDefault(name, DEFAULTS.getOrDefault(name, List.of()))));
    }
    settings.put(FILE, List.of(""));
    settings.put("trace_mode", List.of("triton"));
    return settings;
  }

  /**
   * Changes the settings that are there, all or none, and returns all. One without values is
   * cleared: a model's falls back to the server's, and that to the default.
   *
   * @throws InferenceException with Invalid or Unsupported
   */
  public Map<String, List<String>> change(String model, Map<String, List<String>> settings) {
    requireKnown(model);
    if (settings.containsKey(FILE)) {
      throw unsupported("trace file location can not be updated through network protocol");
    }
    settings.forEach(TraceSettings::check);
    changed.compute(model, (_, before) -> merged(before, settings));
    return current(model);
  }

  private static @Nullable Map<String, List<String>> merged(
      @Nullable Map<String, List<String>> before, Map<String, List<String>> settings) {
    var merged = new HashMap<>(before == null ? Map.of() : before);
    settings.forEach(
        (name, values) -> {
          if (values.isEmpty()) {
            merged.remove(name);
          } else if (DEFAULTS.containsKey(name)) {
            merged.put(name, List.copyOf(values));
          }
        });
    return merged.isEmpty() ? null : Map.copyOf(merged);
  }

  private void requireKnown(String model) {
    if (!model.isEmpty() && !catalog.ready(model, null)) {
      throw invalid("Request for unknown model : " + model);
    }
  }

  private static void check(String name, List<String> values) {
    switch (name) {
      case LEVEL -> checkLevels(values);
      case RATE, FREQUENCY -> checkNumber(name, values, 0);
      case COUNT -> checkNumber(name, values, -1);
      default -> {}
    }
  }

  private static void checkLevels(List<String> levels) {
    for (var level : levels) {
      if (!LEVELS.contains(level)) {
        throw invalid("Unable to parse 'trace_level', got: %s; it must be OFF.".formatted(level));
      }
      if (level.equals(OFF) && levels.size() > 1) {
        throw invalid("Expect only one trace level 'OFF' is specified");
      }
      if (!level.equals(OFF)) {
        throw unsupported(
            "trace_level '%s' is not supported: Millrace writes no traces. Use the header traceparent, the metrics and the statistics instead."
                .formatted(level));
      }
    }
  }

  private static void checkNumber(String name, List<String> values, int least) {
    if (values.size() > 1) {
      throw invalid("expect only 1 value for '%s'".formatted(name));
    }
    for (var value : values) {
      if (number(name, value) < least) {
        throw invalid(
            "Unable to parse '%s'. Expecting value >= %d, got: %s".formatted(name, least, value));
      }
    }
  }

  private static int number(String name, String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException _) {
      throw invalid(
          "Unable to parse '%s', got: %s; it must be a whole number up to %d."
              .formatted(name, value, Integer.MAX_VALUE));
    }
  }

  private static InferenceException invalid(String message) {
    return new InferenceException(new InferenceFailure.Invalid(message));
  }

  private static InferenceException unsupported(String message) {
    return new InferenceException(new InferenceFailure.Unsupported(message));
  }
}
