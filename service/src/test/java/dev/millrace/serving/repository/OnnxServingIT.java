package dev.millrace.serving.repository;

import static dev.millrace.serving.fake.FakeEngine.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.protocol.packaging.GoldenExample;
import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.protocol.packaging.ModelManifest;
import dev.millrace.protocol.packaging.PackageContents;
import dev.millrace.protocol.packaging.PackageWriter;
import dev.millrace.protocol.packaging.TensorDescription;
import dev.millrace.protocol.packaging.TensorValue;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.fake.FakeMlflow;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.lifecycle.VersionState;
import dev.millrace.serving.lifecycle.VersionStatus;
import dev.millrace.serving.runtime.ModelRuntimes;
import dev.millrace.serving.time.NanoClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both repositories with real models on ONNX Runtime. */
class OnnxServingIT {
  private static final Duration INTERVAL = Duration.ofMillis(20);

  @TempDir Path folder;

  private final FakeEngine engine = new FakeEngine(ModelRuntimes.installed()::forFile);

  @AfterEach
  void stop() {
    engine.close();
  }

  @Test
  void servesADirectoryAndSaysWhatIsWrongWithTheRest() throws IOException {
    FixtureModels.twoOutputs(Files.createDirectories(folder.resolve("double/1")));
    FixtureModels.fixedShape(Files.createDirectories(folder.resolve("fixed/1")));
    var whole = FixtureModels.identity(Files.createDirectories(folder.resolve("cut/1")));
    var bytes = Files.readAllBytes(whole);
    Files.write(whole, Arrays.copyOf(bytes, bytes.length / 2));
    Files.createDirectories(folder.resolve("pickle/1"));
    Files.write(folder.resolve("pickle/1/model.onnx"), new byte[] {(byte) 0x80, 4, '}', 'q', '.'});
    directory(ControlMode.NONE).start();
    await(() -> states(VersionState.READY).size() + states(VersionState.UNAVAILABLE).size() == 4);

    assertThat(states(VersionState.READY)).containsExactly("double", "fixed");
    assertThat(engine.catalog().versions())
        .filteredOn(status -> status.state() == VersionState.UNAVAILABLE)
        .allMatch(status -> !status.reason().isEmpty());
    assertThat(doubled("double", 1, 2, 3, 4)).containsExactly(2, 4, 6, 8);
    assertThat(engine.catalog().describe("fixed", null).maxBatchRows()).isZero();
    assertThat(engine.catalog().describe("double", null).platform()).isEqualTo("onnxruntime_onnx");
  }

  @Test
  void swapsVersionsOfTheStoreThatMatchTheirGoldenExamples() throws IOException {
    try (var store = new FakeMlflow(folder.resolve("artifacts"))) {
      publish(store, "1", 2);
      publish(store, "2", 2);
      publish(store, "3", 2.01);
      store.alias("double", "champion", "1");
      var repository = follow(store);
      await(() -> live("1"));
      store.alias("double", "champion", "2");
      await(() -> live("2"));
      assertThat(doubled("double", 1, 2, 3, 4)).containsExactly(2, 4, 6, 8);

      store.alias("double", "champion", "3");
      await(() -> states(VersionState.UNAVAILABLE).contains("double") && !reason("3").isEmpty());
      assertThat(reason("3"))
          .startsWith("Golden example 0 differs in output 'doubled' by up to 0.0")
          .contains("element 3: recorded 8.04, answered 8.0");
      assertThat(live("2")).isTrue();
      repository.close();
    }
  }

  private StoreRepository follow(FakeMlflow store) {
    var settings = new StoreSettings("champion", INTERVAL, Duration.ZERO, folder.resolve("cache"));
    var repository =
        new StoreRepository(
            store.client(), settings, engine.rollout(), engine.catalog(), NanoClock.SYSTEM);
    repository.start();
    return repository;
  }

  private DirectoryRepository directory(ControlMode mode) {
    var settings = new DirectorySettings(folder, null, mode, INTERVAL);
    return new DirectoryRepository(settings, engine.rollout(), engine.catalog(), NanoClock.SYSTEM);
  }

  /** The model doubles; the recorded answers have this factor. */
  private void publish(FakeMlflow store, String version, double recorded) throws IOException {
    var model = FixtureModels.twoOutputs(Files.createTempDirectory(folder, "model"));
    var manifest =
        new ModelManifest(
            1,
            "onnxruntime_onnx",
            "model.onnx",
            List.of(new TensorDescription("x", "FP32", List.of(-1L, 4L))),
            List.of(new TensorDescription("doubled", "FP32", List.of(-1L, 4L))),
            null,
            "golden.json",
            null);
    var origin = new PackageContents.Origin("0".repeat(32), Instant.EPOCH);
    var contents = new PackageContents(manifest, model, List.of(), golden(recorded), origin);
    var place = Files.createDirectories(store.folder("double", version));
    var digest = PackageWriter.write(place, contents).sha256OfSums();
    store.register("double", version, List.of(new Tag(Champion.DIGEST_TAG, digest)));
  }

  private static GoldenExamples golden(double factor) {
    var input = new double[] {1, 2, 3, 4};
    var output = new double[] {factor, 2 * factor, 3 * factor, 4 * factor};
    return new GoldenExamples(
        1e-4,
        List.of(
            new GoldenExample(
                List.of(new TensorValue("x", "FP32", List.of(1L, 4L), input)),
                List.of(new TensorValue("doubled", "FP32", List.of(1L, 4L), output)))));
  }

  private float[] doubled(String model, float... values) {
    var request =
        new InferenceRequest(
            model, null, List.of(Tensors.row("x", values)), List.of("doubled"), Long.MAX_VALUE, 0);
    try (var answer = engine.inference().inferAndWait(request, FakeEngine.LIMIT)) {
      return Tensors.floats(answer.outputs().getFirst());
    }
  }

  private List<String> states(VersionState state) {
    return engine.catalog().versions().stream()
        .filter(status -> status.state() == state)
        .map(VersionStatus::model)
        .toList();
  }

  private boolean live(String version) {
    return engine.catalog().versions().stream()
        .anyMatch(status -> status.live() && status.version().equals(version));
  }

  private String reason(String version) {
    return engine.catalog().versions().stream()
        .filter(status -> status.version().equals(version))
        .map(VersionStatus::reason)
        .findFirst()
        .orElse("");
  }
}
