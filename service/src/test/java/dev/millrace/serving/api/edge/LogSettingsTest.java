package dev.millrace.serving.api.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggerConfiguration;
import org.springframework.boot.logging.LoggingSystem;

class LogSettingsTest {
  private final Levels levels = new Levels();
  private final LogSettings settings = new LogSettings(levels);

  @Test
  void tellsTheLevelsOfTheStart() {
    assertThat(settings.current())
        .containsExactly(
            Map.entry("log_file", ""),
            Map.entry("log_info", true),
            Map.entry("log_warning", true),
            Map.entry("log_error", true),
            Map.entry("log_verbose_level", 0),
            Map.entry("log_format", "ISO8601"));
    assertThat(levels.changes).isZero();
  }

  @Test
  void setsTheLevelsOfTheLoggers() {
    assertThat(settings.change(Map.of("log_verbose_level", 1L)))
        .containsEntry("log_verbose_level", 1);
    assertThat(levels.of("dev.millrace")).isEqualTo(LogLevel.DEBUG);
    assertThat(levels.of("ROOT")).isEqualTo(LogLevel.WARN);
    settings.change(Map.of("log_verbose_level", 7L));
    assertThat(levels.of("dev.millrace")).isEqualTo(LogLevel.TRACE);
    settings.change(Map.of("log_verbose_level", 0L, "log_info", false));
    assertThat(levels.of("dev.millrace")).isEqualTo(LogLevel.WARN);
    assertThat(settings.change(Map.of("log_warning", false))).containsEntry("log_warning", false);
    assertThat(levels.of("dev.millrace")).isEqualTo(LogLevel.ERROR);
    assertThat(levels.of("ROOT")).isEqualTo(LogLevel.ERROR);
    settings.change(Map.of("log_error", false));
    assertThat(levels.of("dev.millrace")).isEqualTo(LogLevel.OFF);
    settings.change(Map.of("log_error", true, "log_warning", true, "log_info", true));
    assertThat(levels.of("dev.millrace")).isEqualTo(LogLevel.INFO);
    assertThat(levels.of("ROOT")).isEqualTo(LogLevel.WARN);
  }

  @Test
  void refusesAFile() {
    assertUnsupported(
        Map.of("log_file", "/etc/passwd", "log_info", false),
        "log file location can not be updated through network protocol; Millrace logs to its standard output.");
    assertThat(settings.current()).containsEntry("log_info", true);
  }

  @Test
  void refusesWhatThresholdsCannotExpress() {
    assertUnsupported(
        Map.of("log_warning", false),
        "log_warning cannot be off while log_info is on: Millrace logs from one level upwards. Switch log_info off in the same request, or log_warning on.");
    assertUnsupported(
        Map.of("log_info", false, "log_error", false),
        "log_error cannot be off while log_warning is on: Millrace logs from one level upwards. Switch log_warning off in the same request, or log_error on.");
    assertUnsupported(
        Map.of("log_info", false, "log_verbose_level", 1L),
        "log_info cannot be off while log_verbose_level is on: Millrace logs from one level upwards. Switch log_verbose_level off in the same request, or log_info on.");
    assertUnsupported(
        Map.of("log_format", "default"),
        "log_format 'default' is not supported: Millrace writes times as ISO8601 only. Leave the setting out.");
    assertThat(levels.changes).isZero();
  }

  @Test
  void refusesValuesOfAnotherKind() {
    assertInvalid(Map.of("log_info", 1L), "expect boolean for 'log_info', got: 1");
    assertInvalid(
        Map.of("log_verbose_level", -1L),
        "expect a whole number, 0 or more, for 'log_verbose_level', got: -1");
    assertInvalid(
        Map.of("log_verbose_level", true),
        "expect a whole number, 0 or more, for 'log_verbose_level', got: true");
    assertInvalid(
        Map.of("log_format", "XML"), "invalid argument for log_format, got: XML; it is ISO8601.");
  }

  @Test
  void ignoresUnknownNames() {
    assertThat(settings.change(Map.of("log_colour", true, "log_format", "ISO8601")))
        .doesNotContainKey("log_colour");
  }

  private void assertInvalid(Map<String, Object> changes, String text) {
    assertRefused(changes, InferenceFailure.Invalid.class, text);
  }

  private void assertUnsupported(Map<String, Object> changes, String text) {
    assertRefused(changes, InferenceFailure.Unsupported.class, text);
  }

  private void assertRefused(
      Map<String, Object> changes, Class<? extends InferenceFailure> kind, String text) {
    assertThatThrownBy(() -> settings.change(changes))
        .isInstanceOfSatisfying(
            InferenceException.class,
            refused -> {
              assertThat(refused.failure()).isInstanceOf(kind);
              assertThat(refused.failure().message()).isEqualTo(text);
            });
  }

  /** Loggers that are set as application.yaml sets them. */
  private static final class Levels extends LoggingSystem {
    private final Map<String, LogLevel> levels =
        new HashMap<>(Map.of(ROOT_LOGGER_NAME, LogLevel.WARN, "dev.millrace", LogLevel.INFO));

    private int changes;

    @Nullable LogLevel of(String logger) {
      return levels.get(logger);
    }

    @Override
    public void beforeInitialize() {}

    @Override
    public void setLogLevel(@Nullable String logger, @Nullable LogLevel level) {
      changes++;
      levels.put(String.valueOf(logger), level);
    }

    @Override
    public @Nullable LoggerConfiguration getLoggerConfiguration(String logger) {
      var level = levels.get(logger);
      return level == null ? null : new LoggerConfiguration(logger, level, level);
    }
  }
}
