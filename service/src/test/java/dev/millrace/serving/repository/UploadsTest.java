package dev.millrace.serving.repository;

import static dev.millrace.serving.fake.FakeEngine.request;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.lifecycle.VersionStatus;
import dev.millrace.serving.time.NanoClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of these models hold a number, by which the model multiplies. */
class UploadsTest {
  @TempDir Path temporary;

  private final FakeEngine engine = new FakeEngine();
  private DirectoryRepository repository;

  @BeforeEach
  void start() throws IOException {
    Files.createDirectories(temporary.resolve("models/m/1"));
    Files.writeString(temporary.resolve("models/m/1/model.onnx"), "1");
    repository = repository();
  }

  private DirectoryRepository repository() {
    var settings =
        new DirectorySettings(
            temporary.resolve("models"),
            null,
            ControlMode.EXPLICIT,
            Duration.ofHours(1),
            temporary.resolve("uploads"));
    return new DirectoryRepository(settings, engine.rollout(), engine.catalog(), NanoClock.SYSTEM);
  }

  @AfterEach
  void stop() {
    repository.close();
    engine.close();
  }

  @Test
  void loadsOfOneModelAtTheSameTimeLeaveTheFilesOfTheLiveOne() throws IOException {
    for (int round = 0; round < 20; round++) {
      CompletableFuture.allOf(later("2"), later("3")).join();
      assertThat(uploads()).hasSize(1);
      var kept = Files.readString(uploads().getFirst().resolve("m/1/model.onnx"));
      assertThat(answer()).isEqualTo(Float.parseFloat(kept));
    }
  }

  private CompletableFuture<Void> later(String factor) {
    return CompletableFuture.runAsync(
        () -> load(Map.of("1/model.onnx", factor)), Thread::startVirtualThread);
  }

  @Test
  void refusesNamesThatCannotBeWrittenTogetherBeforeItWrites() throws IOException {
    assertRefused(
        Map.of("1/model.onnx", "2", "1//model.onnx", "3"),
        "cannot both be written",
        "file:1//model.onnx");
    assertRefused(
        Map.of("1/model.onnx", "2", "1", "3"), "cannot both be written", "'file:1/model.onnx'");
    assertRefused(
        Map.of("1/" + "x".repeat(300), "2"), "has a step of 300 bytes", "'file:1/xxx", "255");
    assertRefused(Map.of("1/" + "x".repeat(600), "2"), "names no file inside the folder");
  }

  @Test
  void tellsNothingOfWhereTheServerKeepsTheFiles() throws IOException {
    assertRefused(Map.of("1/model.onnx/readme", "2"), "'1' holds no file 'model.onnx'");
    assertThat(repository.index())
        .extracting(VersionStatus::reason)
        .allSatisfy(reason -> assertThat(reason).doesNotContain(temporary.toString()));
    repository.close();
    assertRefused(Map.of("1/model.onnx", "2"), "its files cannot be written");
  }

  @Test
  void servesAllVersionsOfALoadOrNone() throws IOException {
    load(Map.of("1/model.onnx", "5"));
    var all = "{\"version_policy\": {\"all\": {}}}";
    assertThatThrownBy(
            () -> load(all, Map.of("1/model.onnx", "2", "2/model.onnx", "x", "3/model.onnx", "4")))
        .hasMessageContaining("version 2: Cannot serve 'model.onnx': it holds no number");
    assertThat(answer()).isEqualTo(5);
    assertThat(uploads()).hasSize(1);
    assertThat(engine.catalog().describe("m", null).versions()).containsExactly("1");
    assertThat(engine.runtime().openNow()).isEqualTo(1);
    load(all, Map.of("1/model.onnx", "2", "3/model.onnx", "4"));
    assertThat(answer()).isEqualTo(4);
    assertThat(engine.catalog().describe("m", null).versions()).containsExactly("1", "3");
    assertThat(uploads()).hasSize(1);
  }

  private void assertRefused(Map<String, String> files, String... parts) throws IOException {
    assertThatThrownBy(() -> load(files))
        .isInstanceOfSatisfying(
            InferenceException.class,
            refusal -> assertThat(refusal.failure()).isInstanceOf(InferenceFailure.Invalid.class))
        .hasMessageContainingAll(parts)
        .hasMessageNotContaining(temporary.toString());
    assertThat(uploads()).isEmpty();
  }

  @Test
  void keepsNothingOfAModelThatIsUnloaded() throws IOException {
    load(Map.of("1/model.onnx", "2"));
    assertThat(uploads()).hasSize(1);
    repository.unload("m");
    assertThat(uploads()).isEmpty();
    load(Map.of("1/model.onnx", "3"));
    assertThat(answer()).isEqualTo(3);
  }

  @Test
  void leavesNothingWhenItIsClosed() throws IOException {
    load(Map.of("1/model.onnx", "2"));
    repository.close();
    assertThat(answer()).isEqualTo(2);
    try (var left = Files.list(temporary.resolve("uploads"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void removesWhatProcessesLeftThatAreGoneAndNoOthers() throws IOException {
    load(Map.of("1/model.onnx", "2"));
    var left = temporary.resolve("uploads/process-1");
    Files.createDirectories(left.resolve("models/m/load-1/m"));
    Files.createFile(left.resolve("lock"));
    var unlocked = Files.createDirectories(temporary.resolve("uploads/process-2/models"));
    try (var other = repository()) {
      assertThat(other.takesFiles()).isTrue();
      assertThat(left).doesNotExist();
      assertThat(unlocked).doesNotExist();
      assertThat(uploads()).hasSize(1);
    }
    assertThat(uploads()).hasSize(1);
  }

  @Test
  void tellsLoadsApartWhoseFilesLookTheSame() throws IOException {
    assertThat(identity("load-1")).isNotEqualTo(identity("load-2")).isEqualTo(identity("load-1"));
  }

  private String identity(String load) throws IOException {
    var file = temporary.resolve(load + "/m/1/model.onnx");
    Files.createDirectories(file.getParent());
    Files.writeString(file, load);
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_000));
    return ModelDirectory.ofLoad(temporary.resolve(load))
        .find("m", "{}")
        .orElseThrow()
        .candidates()
        .getFirst()
        .identity();
  }

  @Test
  void hasFewPlacesForLargeLoads() {
    try (var first = repository.admit(2 << 20);
        var second = repository.admit(Long.MAX_VALUE)) {
      assertThat(first).isNotSameAs(second);
      repository.admit(1 << 20).close();
      assertThatThrownBy(() -> repository.admit(2 << 20))
          .hasMessage("2 models are being sent already. Try again later.");
    }
    repository.admit(2 << 20).close();
  }

  @Test
  void refusesAConfigurationThatIsVeryLong() {
    assertThatThrownBy(() -> new SentModel(" ".repeat((1 << 20) + 1), Map.of()))
        .isInstanceOf(InferenceException.class)
        .hasMessageContaining("a load takes at most 1048576");
  }

  private void load(Map<String, String> files) {
    load("{}", files);
  }

  private void load(String config, Map<String, String> files) {
    var sent = new HashMap<String, ByteBuffer>();
    files.forEach((name, content) -> sent.put(name, ByteBuffer.wrap(content.getBytes(UTF_8))));
    repository.load("m", new SentModel(config, sent));
  }

  private float answer() {
    try (var answer = engine.inference().inferAndWait(request("m", 1, 1), FakeEngine.LIMIT)) {
      return answer.outputs().getFirst().data().getFloat(0);
    }
  }

  /** What is kept of the loads of the model. */
  private List<Path> uploads() throws IOException {
    var folder = temporary.resolve("uploads");
    try (var below = Files.walk(folder, 4)) {
      return below
          .filter(path -> folder.relativize(path).getNameCount() == 4)
          .filter(path -> folder.relativize(path).subpath(1, 3).equals(Path.of("models", "m")))
          .toList();
    }
  }
}
