package dev.millrace.serving.repository;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.VersionStatus;
import dev.millrace.serving.time.NanoClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ensembles of a directory whose models are loaded by name. */
class EnsembleRepositoryTest {
  @TempDir Path folder;

  private final FakeEngine engine = new FakeEngine();
  private final ModelCatalog catalog = engine.catalog();
  private DirectoryRepository repository;

  @BeforeEach
  void start() throws IOException {
    put("a/1/model.onnx", "2");
    put("e/1/empty", "");
    put("e/config.pbtxt", "platform: 'ensemble' " + config(4));
    repository =
        new DirectoryRepository(
            new DirectorySettings(
                Files.createDirectories(folder.resolve("models")),
                null,
                ControlMode.EXPLICIT,
                Duration.ofHours(1),
                folder.resolve("uploads")),
            engine.rollout(),
            catalog,
            NanoClock.SYSTEM);
    repository.start();
  }

  @AfterEach
  void stop() {
    repository.close();
    engine.close();
  }

  @Test
  void comesBackWithTheConfigurationThatWasSentForIt() {
    repository.load("e", new SentModel(sent(3), Map.of()));
    assertThat(mostRows("e")).isEqualTo(3);
    repository.unload("a");
    assertThat(catalog.ready("e", null)).isFalse();
    repository.load("a");
    assertThat(mostRows("e")).isEqualTo(3);
    repository.load("e");
    assertThat(mostRows("e")).isEqualTo(4);
  }

  @Test
  void comesBackWithTheFilesThatWereSentForIt() {
    repository.load("new", new SentModel(sent(2), Map.of("1/empty", ByteBuffer.allocate(1))));
    repository.unload("a");
    assertThat(catalog.ready("new", null)).isFalse();
    repository.load("a");
    assertThat(mostRows("new")).isEqualTo(2);
  }

  @Test
  void comesBackAsItWasForAnEnsembleThatAsksIt() throws IOException {
    put("outer/1/empty", "");
    put("outer/config.pbtxt", "platform: 'ensemble' " + config(1).replace("'a'", "'e'"));
    repository.load("e", new SentModel(sent(3), Map.of()));
    repository.unload("a");
    repository.load("outer");
    assertThat(mostRows("e")).isEqualTo(3);
    assertThat(catalog.ready("outer", null)).isTrue();
  }

  @Test
  void staysAwayOnceItWasUnloadedItself() {
    repository.load("e");
    repository.unload("e");
    repository.unload("a");
    repository.load("a");
    assertThat(catalog.ready("e", null)).isFalse();
  }

  /** Whoever unloads the model asks for ensembles before this one is in service. */
  @Test
  void goesWithAModelThatWentWhileItWasLoaded() {
    repository.load("a");
    var first = new AtomicBoolean(true);
    catalog.onReadinessChange(
        () -> {
          if (first.getAndSet(false)) {
            engine.rollout().unload("a", "unloaded");
          }
        });
    repository.load("e");
    assertThat(first).isFalse();
    assertThat(catalog.ready("e", null)).isFalse();
    repository.load("a");
    assertThat(catalog.ready("e", null)).isTrue();
  }

  @Test
  void goesAndComesBackWithTheVersionThatAStepNames() throws IOException {
    put("a/2/model.onnx", "3");
    put("a/config.pbtxt", "backend: 'onnxruntime' version_policy { latest { num_versions: 2 } }");
    put(
        "e/config.pbtxt",
        "platform: 'ensemble' "
            + config(4).replace("model_name: 'a'", "model_name: 'a' model_version: 1"));
    repository.load("e");
    assertThat(catalog.ready("e", null)).isTrue();
    put("a/3/model.onnx", "4");
    repository.load("a");
    assertThat(catalog.ready("e", null)).isFalse();
    assertThat(catalog.versions())
        .filteredOn(status -> status.model().equals("e"))
        .extracting(VersionStatus::reason)
        .containsAnyOf(
            "unloaded", "ensemble 'e' depends on 'a' whose required version 1 is not loaded");
    Files.delete(folder.resolve("models/a/3/model.onnx"));
    repository.load("a");
    assertThat(catalog.ready("e", null)).isTrue();
  }

  private int mostRows(String model) {
    return catalog.describe(model, null).maxBatchRows();
  }

  private static String config(int rows) {
    return """
    max_batch_size: %d
    input { name: 'x' data_type: TYPE_FP32 dims: 2 }
    output { name: 'y' data_type: TYPE_FP32 dims: 2 }
    ensemble_scheduling {
      step { model_name: 'a' input_map { key: 'x' value: 'x' } output_map { key: 'y' value: 'y' } }
    }
    """
        .formatted(rows);
  }

  private static String sent(int rows) {
    return """
    {"platform": "ensemble", "max_batch_size": %d,
     "input": [{"name": "x", "data_type": "TYPE_FP32", "dims": [2]}],
     "output": [{"name": "y", "data_type": "TYPE_FP32", "dims": [2]}],
     "ensemble_scheduling": {"step": [
       {"model_name": "a", "input_map": {"x": "x"}, "output_map": {"y": "y"}}]}}
    """
        .formatted(rows);
  }

  private void put(String path, String content) throws IOException {
    var file = folder.resolve("models").resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }
}
