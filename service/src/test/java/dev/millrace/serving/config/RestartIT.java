package dev.millrace.serving.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.fixture.FixtureModels;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A service with more models than may be loaded, stopped and started again. */
@Timeout(90)
class RestartIT {
  private static final int MODELS = 12;
  private static final String BODY =
      "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}]}";

  @TempDir Path folder;

  @Test
  void loadsOnlyWhatFitsAndAnswersForAll() throws IOException {
    for (int i = 0; i < MODELS; i++) {
      FixtureModels.identity(FixtureRepository.folder(folder.resolve("models"), "m" + i));
    }
    try (var first = start()) {
      assertThat(unloads(first)).isEqualTo("millrace_model_unload " + (MODELS - 2) + ".0");
    }
    try (var second = start()) {
      assertThat(unloads(second)).isEqualTo("millrace_model_unload 0.0");
      for (int i = 0; i < MODELS; i++) {
        var metadata = RunningService.json(second.get(second.http("/v2/models/m" + i)));
        assertThat(metadata.path("inputs").get(0).path("shape").toString()).isEqualTo("[-1,4]");
        var answer = second.post("/v2/models/m" + i + "/infer", BodyPublishers.ofString(BODY));
        assertThat(new String(answer.body(), UTF_8)).contains("\"data\":[1.0,2.0,3.0,4.0]");
      }
    }
  }

  private RunningService start() {
    return RunningService.serving(
        folder.resolve("models"),
        folder.resolve("home"),
        "--serving.engine.placement.max-loaded-models=2");
  }

  private static String unloads(RunningService service) {
    return new String(service.get(service.management("/metrics")).body(), UTF_8)
        .lines()
        .filter(line -> line.startsWith("millrace_model_unload "))
        .findFirst()
        .orElseThrow();
  }
}
