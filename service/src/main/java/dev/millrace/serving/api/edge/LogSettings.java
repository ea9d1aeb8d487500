package dev.millrace.serving.api.edge;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/**
 * What the process logs, in the words of Triton's logging extension. The loggers know thresholds
 * and no single levels, so what is more severe than something that is on must be on too. Values are
 * {@link Boolean}, {@link Number} or {@link String}. Thread-safe.
 */
public final class LogSettings {
  private static final String OURS = "dev.millrace";
  private static final String FORMAT = "ISO8601";

  private final LoggingSystem logging;

  /** Of the libraries; what they say below it would bury ours. */
  private final LogLevel others;

  /** Guarded by this. */
  private Levels levels;

  /** Starts with the levels that hold now. */
  public LogSettings(LoggingSystem logging) {
    this.logging = logging;
    others = effective(logging, LoggingSystem.ROOT_LOGGER_NAME, LogLevel.WARN);
    levels = Levels.of(effective(logging, OURS, others));
  }

  /** All settings, by their names. */
  public synchronized Map<String, Object> current() {
    var settings = new LinkedHashMap<String, Object>();
    settings.put("log_file", "");
    settings.put("log_info", levels.info());
    settings.put("log_warning", levels.warning());
    settings.put("log_error", levels.error());
    settings.put("log_verbose_level", levels.verbose());
    settings.put("log_format", FORMAT);
    return settings;
  }

  /**
   * Changes the settings that are there, all or none, and returns all; unknown names are ignored,
   * as Triton does.
   *
   * @throws InferenceException with Invalid or Unsupported
   */
  public synchronized Map<String, Object> change(Map<String, Object> settings) {
    if (settings.containsKey("log_file")) {
      throw unsupported(
          "log file location can not be updated through network protocol; Millrace logs to its standard output.");
    }
    checkFormat(settings.get("log_format"));
    var next =
        new Levels(
            flag(settings, "log_info", levels.info()),
            flag(settings, "log_warning", levels.warning()),
            flag(settings, "log_error", levels.error()),
            verbose(settings.get("log_verbose_level")));
    next.check();
    if (!next.equals(levels)) {
      levels = next;
      var threshold = next.threshold();
      logging.setLogLevel(OURS, threshold);
      logging.setLogLevel(
          LoggingSystem.ROOT_LOGGER_NAME, threshold.compareTo(others) > 0 ? threshold : others);
    }
    return current();
  }

  private static void checkFormat(@Nullable Object format) {
    if ("default".equals(format)) {
      throw unsupported(
          "log_format 'default' is not supported: Millrace writes times as %s only. Leave the setting out."
              .formatted(FORMAT));
    }
    if (format != null && !FORMAT.equals(format)) {
      throw invalid(
          "invalid argument for log_format, got: %s; it is %s.".formatted(format, FORMAT));
    }
  }

  private static boolean flag(Map<String, Object> settings, String name, boolean before) {
    return switch (settings.get(name)) {
      case null -> before;
      case Boolean flag -> flag;
      case Object other -> throw invalid("expect boolean for '%s', got: %s".formatted(name, other));
    };
  }

  private int verbose(@Nullable Object value) {
    return switch (value) {
      case null -> levels.verbose();
      case Number number when number.longValue() >= 0 && number.longValue() <= Integer.MAX_VALUE ->
          number.intValue();
      case Object other ->
          throw invalid("expect a whole number, 0 or more, for 'log_verbose_level', got: " + other);
    };
  }

  private static LogLevel effective(LoggingSystem logging, String logger, LogLevel otherwise) {
    return Optional.ofNullable(logging.getLoggerConfiguration(logger))
        .map(configuration -> configuration.getLevelConfiguration().getLevel())
        .orElse(otherwise);
  }

  private static InferenceException invalid(String message) {
    return new InferenceException(new InferenceFailure.Invalid(message));
  }

  private static InferenceException unsupported(String message) {
    return new InferenceException(new InferenceFailure.Unsupported(message));
  }

  /** What is on. */
  private record Levels(boolean info, boolean warning, boolean error, int verbose) {
    static Levels of(LogLevel level) {
      return new Levels(
          level.compareTo(LogLevel.INFO) <= 0,
          level.compareTo(LogLevel.WARN) <= 0,
          level.compareTo(LogLevel.ERROR) <= 0,
          Math.max(0, LogLevel.INFO.compareTo(level)));
    }

    void check() {
      if (verbose > 0 && !info) {
        throw contradiction("log_info", "log_verbose_level");
      }
      if (info && !warning) {
        throw contradiction("log_warning", "log_info");
      }
      if (warning && !error) {
        throw contradiction("log_error", "log_warning");
      }
    }

    private static InferenceException contradiction(String off, String on) {
      return unsupported(
          "%s cannot be off while %s is on: Millrace logs from one level upwards. Switch %s off in the same request, or %s on."
              .formatted(off, on, on, off));
    }

    LogLevel threshold() {
      if (verbose > 0) {
        return verbose == 1 ? LogLevel.DEBUG : LogLevel.TRACE;
      }
      if (info) {
        return LogLevel.INFO;
      }
      if (warning) {
        return LogLevel.WARN;
      }
      return error ? LogLevel.ERROR : LogLevel.OFF;
    }
  }
}
