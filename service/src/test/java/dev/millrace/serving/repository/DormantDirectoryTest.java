package dev.millrace.serving.repository;

import static dev.millrace.serving.fake.FakeEngine.await;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.lifecycle.ModelSettings;
import dev.millrace.serving.lifecycle.PlacementLimits;
import dev.millrace.serving.lifecycle.VersionState;
import dev.millrace.serving.time.NanoClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A directory with more models than may be loaded at a time. */
class DormantDirectoryTest {
  private static final Duration INTERVAL = Duration.ofMillis(30);

  @TempDir Path root;

  private final FakeEngine engine =
      new FakeEngine(
          new FakeDevices(1L << 40),
          new PlacementLimits(0, 1, 1, 10, FakeEngine.LIMIT),
          ModelSettings.defaults());

  @AfterEach
  void stop() {
    engine.close();
  }

  @Test
  void answersForAllOfThemAndFollowsTheirFilesWhileTheySleep() throws IOException {
    put("a", "2");
    put("b", "3");
    try (var repository =
        new DirectoryRepository(
            new DirectorySettings(root, null, ControlMode.POLL, INTERVAL),
            engine.rollout(),
            engine.catalog(),
            NanoClock.SYSTEM)) {
      repository.start();
      await(() -> engine.catalog().ready("a", null) && engine.catalog().ready("b", null));
      assertThat(answerOf("a")).isEqualTo(2);
      assertThat(answerOf("b")).isEqualTo(3);
      assertThat(repository.index()).allMatch(status -> status.state() == VersionState.READY);
      put("a", "50");
      await(() -> answerOf("a") == 50);
      assertThat(answerOf("b")).isEqualTo(3);
      Files.delete(root.resolve("a/1/model.onnx"));
      Files.delete(root.resolve("a/1"));
      Files.delete(root.resolve("a"));
      await(() -> !engine.catalog().ready("a", null));
    }
  }

  private float answerOf(String model) {
    try (var answer = engine.inference().inferAndWait(request(model, 1, 1), FakeEngine.LIMIT)) {
      return answer.outputs().getFirst().data().getFloat(0);
    }
  }

  private void put(String model, String content) throws IOException {
    var file = root.resolve(model).resolve("1").resolve("model.onnx");
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }
}
