package dev.millrace.serving.config;

import static dev.millrace.serving.fake.FakeEngine.await;

import dev.millrace.serving.fake.FakeMlflow;
import dev.millrace.serving.fixture.FixtureModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole service beside stores that tell when an alias moves, and those that do not. */
@Timeout(60)
class StoreWatchIT {
  @TempDir Path folder;
  private FakeMlflow store;

  @BeforeEach
  void publishTwoVersions() throws IOException {
    store = new FakeMlflow(folder.resolve("artifacts"));
    publish("1");
    publish("2");
    store.alias("same", "champion", "1");
  }

  @AfterEach
  void stop() {
    store.close();
  }

  @Test
  void followsAMoveThatNoLookWouldFind() {
    store.tellMoves();
    try (var service = following("--serving.poll-interval=1h")) {
      await(() -> service.catalog().ready("same", "1"));
      store.alias("same", "champion", "2");
      await(() -> service.catalog().ready("same", "2"));
    }
  }

  @Test
  void looksWhereTheStoreDoesNotTell() {
    try (var service = following("--serving.poll-interval=50ms")) {
      await(() -> service.catalog().ready("same", "1"));
      store.alias("same", "champion", "2");
      await(() -> service.catalog().ready("same", "2"));
    }
  }

  private RunningService following(String setting) {
    return RunningService.following(store.url(), folder.resolve("home"), setting);
  }

  private void publish(String version) throws IOException {
    var place = Files.createDirectories(store.folder("same", version));
    var scratch = Files.createDirectories(folder.resolve("scratch").resolve(version));
    Files.copy(FixtureModels.identity(scratch), place.resolve("model.onnx"));
    Files.writeString(place.resolve("MLmodel"), "flavors:\n  onnx:\n    data: model.onnx\n");
    store.register("same", version, List.of());
  }
}
