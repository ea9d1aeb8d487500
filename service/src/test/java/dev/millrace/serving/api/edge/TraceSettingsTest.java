package dev.millrace.serving.api.edge;

import static dev.millrace.serving.fake.FakeEngine.candidate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.FakeEngine;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TraceSettingsTest {
  private final FakeEngine engine = new FakeEngine();
  private final TraceSettings settings = new TraceSettings(engine.catalog());

  @BeforeEach
  void serve() {
    engine.rollout().serve(candidate("m", "1", "2"));
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void startsWithTritonsDefaults() {
    assertThat(settings.current(""))
        .containsExactly(
            Map.entry("trace_level", List.of("OFF")),
            Map.entry("trace_rate", List.of("1000")),
            Map.entry("trace_count", List.of("-1")),
            Map.entry("log_frequency", List.of("0")),
            Map.entry("trace_file", List.of("")),
            Map.entry("trace_mode", List.of("triton")));
  }

  @Test
  void aModelsSettingHoldsBeforeTheServersUntilItIsCleared() {
    settings.change("", Map.of("trace_rate", List.of("5"), "trace_count", List.of("7")));
    assertThat(settings.change("m", Map.of("trace_rate", List.of("9"))))
        .containsEntry("trace_rate", List.of("9"))
        .containsEntry("trace_count", List.of("7"));
    assertThat(settings.current("")).containsEntry("trace_rate", List.of("5"));
    assertThat(settings.change("m", Map.of("trace_rate", List.of())))
        .containsEntry("trace_rate", List.of("5"));
    assertThat(settings.change("", Map.of("trace_rate", List.of())))
        .containsEntry("trace_rate", List.of("1000"));
  }

  @Test
  void refusesLevelsForNothingIsTraced() {
    assertRefused(
        "trace_level",
        List.of("TIMESTAMPS"),
        InferenceFailure.Unsupported.class,
        "trace_level 'TIMESTAMPS' is not supported: Millrace writes no traces. Use the header traceparent, the metrics and the statistics instead.");
    assertRefused(
        "trace_level",
        List.of("OFF", "TENSORS"),
        InferenceFailure.Invalid.class,
        "Expect only one trace level 'OFF' is specified");
    assertRefused(
        "trace_level",
        List.of("LOUD"),
        InferenceFailure.Invalid.class,
        "Unable to parse 'trace_level', got: LOUD; it must be OFF.");
    assertThat(settings.change("", Map.of("trace_level", List.of("OFF"))))
        .containsEntry("trace_level", List.of("OFF"));
  }

  @Test
  void refusesAFileAlsoToClearIt() {
    for (var file : List.of(List.of("/tmp/x"), List.<String>of())) {
      assertRefused(
          "trace_file",
          file,
          InferenceFailure.Unsupported.class,
          "trace file location can not be updated through network protocol");
    }
  }

  @Test
  void refusesNumbersThatAreNone() {
    assertRefused(
        "trace_rate",
        List.of("often"),
        InferenceFailure.Invalid.class,
        "Unable to parse 'trace_rate', got: often; it must be a whole number up to 2147483647.");
    assertRefused(
        "trace_count",
        List.of("-2"),
        InferenceFailure.Invalid.class,
        "Unable to parse 'trace_count'. Expecting value >= -1, got: -2");
    assertRefused(
        "log_frequency",
        List.of("1", "2"),
        InferenceFailure.Invalid.class,
        "expect only 1 value for 'log_frequency'");
  }

  @Test
  void changesAllOrNothing() {
    assertThatThrownBy(
            () ->
                settings.change(
                    "", Map.of("trace_rate", List.of("5"), "trace_count", List.of("x"))))
        .isInstanceOf(InferenceException.class);
    assertThat(settings.current("")).containsEntry("trace_rate", List.of("1000"));
  }

  @Test
  void knowsOnlyModelsThatAreServed() {
    assertThatThrownBy(() -> settings.current("nobody"))
        .hasMessage("Request for unknown model : nobody");
    assertThatThrownBy(() -> settings.change("nobody", Map.of("trace_rate", List.of("1"))))
        .hasMessage("Request for unknown model : nobody");
  }

  private void assertRefused(
      String name, List<String> values, Class<? extends InferenceFailure> kind, String text) {
    for (var model : List.of("", "m")) {
      assertThatThrownBy(() -> settings.change(model, Map.of(name, values)))
          .isInstanceOfSatisfying(
              InferenceException.class,
              refused -> {
                assertThat(refused.failure()).isInstanceOf(kind);
                assertThat(refused.failure().message()).isEqualTo(text);
              });
    }
  }
}
