package dev.millrace.serving.repository;

import static dev.millrace.serving.fake.FakeEngine.await;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.VersionState;
import dev.millrace.serving.lifecycle.VersionStatus;
import dev.millrace.serving.time.NanoClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryRepositoryTest {
  private static final Duration INTERVAL = Duration.ofMillis(60);

  @TempDir Path root;

  private final FakeEngine engine = new FakeEngine();
  private final ModelCatalog catalog = engine.catalog();
  private @Nullable DirectoryRepository repository;

  @AfterEach
  void stop() {
    if (repository != null) {
      repository.close();
    }
    engine.close();
  }

  @Test
  void servesTheHighestVersionOfEachModel() throws IOException {
    put("double/1/model.onnx", "1");
    put("double/2/model.onnx", "2");
    put("double/10/readme.txt", "no model here");
    put("double/x/model.onnx", "9");
    put("flat/model.onnx", "4");
    start(ControlMode.NONE, null);
    await(catalog::serverReady);
    assertThat(answerOf("double")).isEqualTo("2: 2.0");
    assertThat(answerOf("flat")).isEqualTo("1: 4.0");
    assertThatThrownBy(() -> catalog.lease("double", "1"))
        .hasMessageStartingWith("Request for unknown model: 'double' version 1 is not found");
  }

  @Test
  void servesTheVersionsThatAPolicySelects() throws IOException {
    for (int version = 1; version <= 3; version++) {
      for (var model : List.of("all", "latest", "specific", "default")) {
        put(model + "/" + version + "/model.onnx", String.valueOf(version));
      }
    }
    put("all/4/readme.txt", "no model here");
    policy("all", "all {}");
    policy("latest", "latest { num_versions: 2 }");
    policy("specific", "specific { versions: [1, 3, 9] }");
    put("many/1/model.onnx", "1");
    put("many/2/model.onnx", "2");
    policy("many", "latest { num_versions: 4294967295 }");
    start(ControlMode.NONE, null);
    await(catalog::serverReady);
    assertThat(catalog.describe("all", null).versions()).containsExactly("1", "2", "3");
    assertThat(catalog.describe("latest", null).versions()).containsExactly("2", "3");
    assertThat(catalog.describe("specific", null).versions()).containsExactly("1", "3");
    assertThat(catalog.describe("many", null).versions()).containsExactly("1", "2");
    assertThat(catalog.describe("default", null).versions()).containsExactly("3");
    assertThat(answerOf("specific")).isEqualTo("3: 3.0");
  }

  @Test
  void pollingFollowsTheVersionsThatAPolicySelects() throws IOException {
    put("m/1/model.onnx", "1");
    put("m/2/model.onnx", "2");
    policy("m", "latest { num_versions: 2 }");
    start(ControlMode.POLL, null);
    await(() -> catalog.ready("m", "1") && catalog.ready("m", "2"));
    put("m/3/model.onnx", "3");
    await(() -> catalog.ready("m", "3") && !catalog.ready("m", "1"));
    assertThat(engine.runtime().opened()).hasSize(3);
    Files.delete(root.resolve("m/3/model.onnx"));
    await(() -> catalog.ready("m", "1") && !catalog.ready("m", "3"));
    assertThat(answerOf("m")).isEqualTo("2: 2.0");
    Files.delete(root.resolve("m/1/model.onnx"));
    await(() -> !catalog.ready("m", "1"));
    assertThat(catalog.ready("m", "2")).isTrue();
  }

  @Test
  void servesTheOtherVersionsWhereOneLeadsOutOfTheDirectory(@TempDir Path elsewhere)
      throws IOException {
    Files.writeString(elsewhere.resolve("model.onnx"), "6");
    put("m/1/model.onnx", "1");
    put("m/3/model.onnx", "3");
    Files.createSymbolicLink(root.resolve("m/2"), elsewhere);
    policy("m", "all {}");
    start(ControlMode.NONE, null);
    await(() -> catalog.ready("m", "1") && catalog.ready("m", "3"));
    assertThat(catalog.versions())
        .filteredOn(status -> status.version().equals("2"))
        .singleElement()
        .matches(status -> status.reason().contains("leads out of the model directory"));
  }

  private void policy(String model, String policy) throws IOException {
    put(
        model + "/config.pbtxt",
        "backend: \"onnxruntime\" version_policy { %s }".formatted(policy));
  }

  @Test
  void servesAFolderThatIsOneModelUnderTheNameGiven() throws IOException {
    put("model.onnx", "5");
    put("labels.txt", "zero\none\n");
    start(ControlMode.NONE, "iris");
    await(catalog::serverReady);
    assertThat(answerOf("iris")).isEqualTo("1: 5.0");
    assertThat(catalog.describe("iris", null).labels()).containsExactly("zero", "one");
  }

  @Test
  void servesAFolderThatIsOneModelWithAFileThatItsConfigurationNames() throws IOException {
    put("network.onnx", "5");
    put("config.pbtxt", "default_model_filename: \"network.onnx\"");
    start(ControlMode.NONE, "iris");
    await(catalog::serverReady);
    assertThat(answerOf("iris")).isEqualTo("1: 5.0");
  }

  @Test
  void tellsOfAVersionThatAPolicyNamesAndThatIsNotThere() throws IOException {
    put("m/1/model.onnx", "1");
    policy("m", "specific { versions: [1, 9] }");
    var found = new ModelDirectory(root, null).find("m").orElseThrow();
    assertThat(found.config().notes())
        .containsExactly("version_policy names version 9, which has no files of a model");
  }

  @Test
  void pollingTakesAnEnsembleAwayWithTheVersionThatAStepNames() throws IOException {
    put("m/1/model.onnx", "1");
    put("e/1/empty", "");
    put(
        "e/config.pbtxt",
        """
        platform: "ensemble"
        max_batch_size: 4
        input { name: "x" data_type: TYPE_FP32 dims: 2 }
        output { name: "y" data_type: TYPE_FP32 dims: 2 }
        ensemble_scheduling {
          step { model_name: "m" model_version: 1
                 input_map { key: "x" value: "x" } output_map { key: "y" value: "y" } }
        }
        """);
    start(ControlMode.POLL, null);
    await(() -> catalog.ready("e", null));
    put("m/2/model.onnx", "2");
    await(() -> catalog.ready("m", "2") && !catalog.ready("e", null));
    Files.delete(root.resolve("m/2/model.onnx"));
    await(() -> catalog.ready("e", null));
  }

  @Test
  void namesAFolderThatIsOneModelAfterItself() throws IOException {
    put("MLmodel", "flavors:\n  onnx:\n    data: net.onnx\n");
    put("net.onnx", "5");
    start(ControlMode.NONE, null);
    await(catalog::serverReady);
    assertThat(catalog.ready(root.getFileName().toString(), null)).isTrue();
  }

  @Test
  void readsLabelsBesideTheVersions() throws IOException {
    put("m/labels.txt", "a\nb\n");
    put("m/1/model.onnx", "1");
    start(ControlMode.NONE, null);
    await(catalog::serverReady);
    assertThat(catalog.describe("m", null).labels()).containsExactly("a", "b");
  }

  @Test
  void servesTheOthersWhenOneModelIsBrokenAndIsNotReady() throws IOException {
    put("good/1/model.onnx", "1");
    put("bad/1/model.onnx", "broken");
    start(ControlMode.NONE, null);
    await(() -> state("bad") == VersionState.UNAVAILABLE && catalog.ready("good", null));
    assertThat(answerOf("good")).isEqualTo("1: 1.0");
    assertThat(catalog.serverReady()).isFalse();
  }

  @Test
  void neitherFollowsLinksOutOfTheDirectoryNorTakesOddNames(@TempDir Path elsewhere)
      throws IOException {
    Files.writeString(elsewhere.resolve("model.onnx"), "6");
    Files.createDirectories(elsewhere.resolve("1"));
    Files.writeString(elsewhere.resolve("1/model.onnx"), "6");
    Files.createSymbolicLink(root.resolve("linked"), elsewhere);
    Files.createDirectories(root.resolve("file"));
    Files.createSymbolicLink(root.resolve("file/model.onnx"), elsewhere.resolve("model.onnx"));
    Files.createDirectories(root.resolve("version"));
    Files.createSymbolicLink(root.resolve("version/1"), elsewhere);
    put("odd name/1/model.onnx", "1");
    put("good/1/model.onnx", "1");
    start(ControlMode.NONE, null);
    await(() -> catalog.ready("good", null) && state("file") == VersionState.UNAVAILABLE);
    assertThat(catalog.versions())
        .filteredOn(status -> status.state() == VersionState.READY)
        .extracting(VersionStatus::model)
        .containsExactly("good");
  }

  @Test
  void refusesARootThatIsNoDirectory() {
    var settings = new DirectorySettings(root.resolve("missing"), null, ControlMode.NONE, INTERVAL);
    var missing = new DirectoryRepository(settings, engine.rollout(), catalog, NanoClock.SYSTEM);
    assertThatThrownBy(missing::start)
        .hasMessageContaining("missing' does not exist or is no directory. Set MILLRACE_MODELS");
  }

  @Test
  void loadsNothingByItselfInExplicitMode() throws IOException {
    put("m/1/model.onnx", "1");
    var started = start(ControlMode.EXPLICIT, null);
    assertThat(catalog.serverReady()).isTrue();
    assertThat(catalog.ready("m", null)).isFalse();
    assertThat(started.index())
        .singleElement()
        .matches(status -> status.model().equals("m") && status.version().isEmpty());
  }

  @Test
  void loadsAndUnloadsOnRequest() throws IOException {
    put("m/1/model.onnx", "1");
    var started = start(ControlMode.EXPLICIT, null);
    started.load("m");
    assertThat(answerOf("m")).isEqualTo("1: 1.0");
    put("m/2/model.onnx", "2");
    started.load("m");
    assertThat(answerOf("m")).isEqualTo("2: 2.0");
    started.load("m");
    assertThat(engine.runtime().opened()).hasSize(2);
    started.unload("m");
    assertThat(catalog.ready("m", null)).isFalse();
    await(() -> engine.runtime().openNow() == 0);
    await(
        () ->
            started.index().stream()
                .allMatch(
                    status ->
                        status.state() == VersionState.UNAVAILABLE
                            && status.reason().equals("unloaded")));
  }

  @Test
  void unloadingANameThatNoModelHasLeavesItUnknown() {
    var started = start(ControlMode.EXPLICIT, null);
    for (var name : new String[] {"nobody", "../etc", "a/b", "", "x".repeat(200)}) {
      started.unload(name);
      assertThatThrownBy(() -> catalog.lease(name, null))
          .hasMessageStartingWith("Request for unknown model: '" + name + "' is not found")
          .asInstanceOf(type(InferenceException.class))
          .extracting(InferenceException::failure)
          .isInstanceOf(InferenceFailure.NotFound.class);
    }
    assertThat(started.index()).isEmpty();
  }

  @Test
  void answersAsTritonWhenThereIsNothingToLoad() throws IOException {
    put("empty/readme.txt", "");
    var started = start(ControlMode.EXPLICIT, null);
    for (var name : new String[] {"nobody", "empty", "../etc", "a/b", "", ".", "x".repeat(200)}) {
      assertThatThrownBy(() -> started.load(name))
          .hasMessageStartingWith(
              "failed to load '" + name + "', failed to poll from model repository")
          .asInstanceOf(type(InferenceException.class))
          .extracting(InferenceException::failure)
          .isInstanceOf(InferenceFailure.NotFound.class);
    }
  }

  @Test
  void saysWhyAModelCannotBeLoaded() throws IOException {
    put("m/1/model.onnx", "broken");
    var started = start(ControlMode.EXPLICIT, null);
    assertThatThrownBy(() -> started.load("m"))
        .hasMessage("failed to load 'm', Cannot serve 'model.onnx': it holds no number")
        .asInstanceOf(type(InferenceException.class))
        .extracting(InferenceException::failure)
        .isInstanceOf(InferenceFailure.Invalid.class);
  }

  @Test
  void allowsNoExplicitLoadInOtherModes() throws IOException {
    put("m/1/model.onnx", "1");
    var started = start(ControlMode.NONE, null);
    assertThatThrownBy(() -> started.load("m"))
        .hasMessageStartingWith(
            "explicit model load / unload is not allowed if polling is enabled");
    assertThatThrownBy(() -> started.unload("m")).isInstanceOf(InferenceException.class);
  }

  @Test
  void pollingFollowsNewReplacedAndRemovedFiles() throws IOException {
    put("m/1/model.onnx", "1");
    start(ControlMode.POLL, null);
    await(() -> catalog.ready("m", null));
    put("m/1/model.onnx", "2");
    await(() -> answerOf("m").equals("1: 2.0"));
    put("m/2/model.onnx", "3");
    await(() -> answerOf("m").equals("2: 3.0"));
    put("other/1/model.onnx", "4");
    await(() -> catalog.ready("other", null));
    Files.delete(root.resolve("m/2/model.onnx"));
    await(() -> answerOf("m").equals("1: 2.0"));
    Files.delete(root.resolve("m/1/model.onnx"));
    await(() -> !catalog.ready("m", null));
    assertThat(catalog.ready("other", null)).isTrue();
  }

  @Test
  void pollingWaitsUntilAVersionIsWrittenToTheEnd() throws IOException {
    var polled = served("1");
    put("m/2/model.onnx", "2");
    polled.look();
    put("m/2/model.onnx", "22");
    polled.look();
    assertThat(engine.runtime().opened()).hasSize(1);
    polled.look();
    await(() -> answerOf("m").equals("2: 22.0"));
  }

  @Test
  void pollingWaitsForAFileThatIsFreshAtTheStart() throws IOException {
    put("m/1/model.onnx", "1");
    var polled = polledByHand();
    polled.look();
    assertThat(engine.runtime().opened()).isEmpty();
    polled.look();
    await(() -> catalog.ready("m", "1"));
  }

  @Test
  void pollingKeepsTheVersionWhenItsReplacementIsBroken() throws IOException {
    var polled = served("1");
    put("m/1/model.onnx", "broken");
    polled.look();
    polled.look();
    await(() -> reason("m").contains("it holds no number"));
    polled.look();
    assertThat(answerOf("m")).isEqualTo("1: 1.0");
    put("m/1/model.onnx", "3");
    polled.look();
    polled.look();
    await(() -> answerOf("m").equals("1: 3.0"));
  }

  @Test
  void pollingKeepsEverythingWhileTheDirectoryCannotBeRead() throws IOException {
    var polled = served("1");
    Files.move(root.resolve("m"), root.resolveSibling(root.getFileName() + "-away"));
    Files.delete(root);
    polled.look();
    assertThat(answerOf("m")).isEqualTo("1: 1.0");
    Files.createDirectory(root);
    polled.look();
    assertThat(catalog.ready("m", null)).isFalse();
  }

  /** A repository that has looked once and serves version 1 of m. */
  private DirectoryRepository served(String factor) throws IOException {
    put("m/1/model.onnx", factor);
    Files.setLastModifiedTime(
        root.resolve("m/1/model.onnx"), FileTime.from(Instant.now().minusSeconds(7200)));
    var polled = polledByHand();
    polled.look();
    assertThat(answerOf("m")).isEqualTo("1: " + Float.parseFloat(factor));
    return polled;
  }

  private DirectoryRepository start(ControlMode mode, @Nullable String flatName) {
    var started = repository(mode, flatName, INTERVAL);
    repository = started;
    started.start();
    return started;
  }

  /** One whose looks the test takes itself, so that no pause of this machine decides a test. */
  private DirectoryRepository polledByHand() {
    return repository(ControlMode.POLL, null, Duration.ofHours(1));
  }

  private DirectoryRepository repository(
      ControlMode mode, @Nullable String flatName, Duration interval) {
    var settings = new DirectorySettings(root, flatName, mode, interval);
    return new DirectoryRepository(settings, engine.rollout(), catalog, NanoClock.SYSTEM);
  }

  private void put(String path, String content) throws IOException {
    var file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private String answerOf(String model) {
    try (var answer = engine.inference().inferAndWait(request(model, 1, 1), FakeEngine.LIMIT)) {
      return answer.version() + ": " + answer.outputs().getFirst().data().getFloat(0);
    }
  }

  private VersionState state(String model) {
    return catalog.versions().stream()
        .filter(status -> status.model().equals(model))
        .map(VersionStatus::state)
        .findFirst()
        .orElse(VersionState.LOADING);
  }

  private String reason(String model) {
    return catalog.versions().stream()
        .filter(status -> status.model().equals(model))
        .map(VersionStatus::reason)
        .findFirst()
        .orElse("");
  }
}
