package dev.millrace.serving.repository;

import static dev.millrace.serving.fake.FakeEngine.await;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.fake.FakeMlflow.Fault;
import dev.millrace.serving.lifecycle.VersionState;
import dev.millrace.serving.lifecycle.VersionStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoreRepositoryTest extends StoreRepositoryFixture {
  private static final Duration POLL = Duration.ofMillis(20);

  @Test
  void servesTheChampionAndFollowsItWhenItMoves() throws IOException {
    publish("digits", "1", "1");
    publish("digits", "2", "2");
    store.alias("digits", "champion", "1");
    repository.start();
    await(() -> catalog().serverReady());
    assertThat(answerOf("digits")).isEqualTo("1: 1.0");

    store.alias("digits", "champion", "2");
    await(() -> live("digits").equals("2"));
    assertThat(answerOf("digits")).isEqualTo("2: 2.0");
    assertThat(repository.index()).filteredOn(VersionStatus::live).hasSize(1);
  }

  @Test
  void isReadyWithoutAModelOnceTheStoreAnswered() {
    repository.start();
    await(() -> catalog().serverReady());
  }

  @Test
  void ignoresModelsWithoutTheAlias() throws IOException {
    publish("digits", "1", "1");
    store.alias("digits", "challenger", "1");
    repository.start();
    await(() -> catalog().serverReady());
    assertThat(catalog().versions()).isEmpty();
  }

  @Test
  void keepsTheLiveVersionWhenAnArtifactIsCorrupted() throws IOException {
    publish("digits", "1", "1");
    publish("digits", "2", "2");
    Files.writeString(store.folder("digits", "2").resolve("model.onnx"), "3");
    store.alias("digits", "champion", "1");
    repository.start();
    await(() -> live("digits").equals("1"));

    store.alias("digits", "champion", "2");
    await(() -> state("2") == VersionState.UNAVAILABLE);
    assertThat(reason("2")).contains("model.onnx").contains("expected").contains("found");
    assertThat(answerOf("digits")).isEqualTo("1: 1.0");
    await(() -> store.tag("digits", "2", VersionReports.ERROR_TAG).contains("model.onnx"));
  }

  @Test
  void refusesAPackageThatIsNotTheOneRegistered() throws IOException {
    publish("digits", "1", "1");
    store.retag("digits", "1", List.of(new Tag(Champion.DIGEST_TAG, "0".repeat(64))));
    store.alias("digits", "champion", "1");
    repository.start();
    await(() -> state("1") == VersionState.UNAVAILABLE);
    assertThat(reason("1")).contains("SHA256SUMS").contains("0".repeat(64));
  }

  @Test
  void triesAgainAtOnceWhenTheDigestWasCorrected() throws IOException {
    var digest = publish("digits", "1", "1");
    store.retag("digits", "1", List.of(new Tag(Champion.DIGEST_TAG, "0".repeat(64))));
    store.alias("digits", "champion", "1");
    repository.start();
    await(() -> state("1") == VersionState.UNAVAILABLE);
    store.retag("digits", "1", List.of(new Tag(Champion.DIGEST_TAG, digest)));
    await(() -> live("digits").equals("1"));
    await(() -> store.tag("digits", "1", VersionReports.ERROR_TAG).isEmpty());
  }

  @Test
  void takesBackTheErrorThatAnEarlierProcessReported() throws IOException {
    var digest = publish("digits", "1", "1");
    var error = new Tag(VersionReports.ERROR_TAG, "no memory");
    store.retag("digits", "1", List.of(new Tag(Champion.DIGEST_TAG, digest), error));
    store.alias("digits", "champion", "1");
    repository.start();
    await(() -> store.wasSet("digits", "1", VersionReports.ERROR_TAG));
    assertThat(store.tag("digits", "1", VersionReports.ERROR_TAG)).isEmpty();
  }

  @Test
  void servesPlainMlflowModelsWithoutDigests() throws IOException {
    var files = Files.createDirectories(store.folder("plain", "1"));
    Files.writeString(
        files.resolve("MLmodel"), "flavors:\n  onnx:\n    data: net.onnx\n    code: null\n");
    Files.writeString(files.resolve("net.onnx"), "4");
    Files.writeString(files.resolve("requirements.txt"), "onnx\n");
    store.register("plain", "1", List.of());
    store.alias("plain", "champion", "1");
    repository.start();
    await(() -> live("plain").equals("1"));
    assertThat(answerOf("plain")).isEqualTo("1: 4.0");
  }

  @Test
  void keepsServingWhileTheStoreIsDown() throws IOException {
    publish("digits", "1", "1");
    publish("digits", "2", "2");
    store.alias("digits", "champion", "1");
    repository.start();
    await(() -> live("digits").equals("1"));
    breakForTwoLooks(Fault.DOWN);
    assertThat(answerOf("digits")).isEqualTo("1: 1.0");
    store.alias("digits", "champion", "2");
    store.breakBy(Fault.NONE);
    await(() -> live("digits").equals("2"));
  }

  @Test
  void keepsServingWhenTheStoreListsNothing() throws IOException {
    publish("digits", "1", "1");
    store.alias("digits", "champion", "1");
    repository.start();
    await(() -> live("digits").equals("1"));
    breakForTwoLooks(Fault.LISTS_NOTHING);
    assertThat(live("digits")).isEqualTo("1");
  }

  @Test
  void servesTheLastChampionFromTheCacheAfterARestartWithoutStore() throws IOException {
    publish("digits", "1", "7");
    store.alias("digits", "champion", "1");
    repository.start();
    await(() -> live("digits").equals("1"));
    restart(Fault.DOWN);
    await(() -> catalog().serverReady());
    assertThat(answerOf("digits")).isEqualTo("1: 7.0");

    publish("digits", "2", "8");
    store.alias("digits", "champion", "2");
    store.breakBy(Fault.NONE);
    await(() -> live("digits").equals("2"));
  }

  @Test
  void isNotReadyWithoutStoreAndWithoutCache() {
    store.breakBy(Fault.DOWN);
    repository.start();
    breakForTwoLooks(Fault.DOWN);
    assertThat(catalog().serverReady()).isFalse();
    store.breakBy(Fault.NONE);
    await(() -> catalog().serverReady());
  }

  @Test
  void downloadsNothingAgainAfterARestart() throws IOException {
    publish("digits", "1", "7");
    store.alias("digits", "champion", "1");
    repository.start();
    await(() -> live("digits").equals("1"));
    int before = store.downloads();
    restart(Fault.NONE);
    await(() -> live("digits").equals("1"));
    assertThat(store.downloads()).isEqualTo(before);
  }

  @Test
  void fetchesADamagedPackageOfTheCacheAgain() throws IOException {
    var digest = publish("digits", "1", "7");
    store.alias("digits", "champion", "1");
    repository.start();
    await(() -> live("digits").equals("1"));
    var cached = folder.resolve("cache/packages").resolve(digest).resolve("model.onnx");
    Files.writeString(cached, "9");
    restart(Fault.NONE);
    await(() -> live("digits").equals("1"));
    assertThat(answerOf("digits")).isEqualTo("1: 7.0");
    assertThat(cached).hasContent("7");
  }

  @Test
  void deletesOldPackagesThatNoChampionNeeds() throws IOException {
    var first = publish("digits", "1", "1");
    publish("digits", "2", "2");
    store.alias("digits", "champion", "1");
    repository.start();
    await(() -> live("digits").equals("1"));
    var package1 = folder.resolve("cache/packages").resolve(first);
    Files.setLastModifiedTime(package1, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
    store.alias("digits", "champion", "2");
    await(() -> Files.notExists(package1));
    assertThat(live("digits")).isEqualTo("2");
  }

  @Test
  void refusesADamagedPackageOfTheCacheWhileTheStoreIsDown() throws IOException {
    var digest = publish("digits", "1", "7");
    store.alias("digits", "champion", "1");
    repository.start();
    await(() -> live("digits").equals("1"));
    Files.writeString(folder.resolve("cache/packages").resolve(digest).resolve("model.onnx"), "9");
    restart(Fault.DOWN);
    await(() -> state("1") == VersionState.UNAVAILABLE);
    assertThat(reason("1")).contains("model.onnx");
    store.breakBy(Fault.NONE);
    await(() -> live("digits").equals("1"));
  }

  @Test
  void unloadsAModelWhoseAliasOrRegistrationIsGone() throws IOException {
    publish("a", "1", "1");
    publish("b", "1", "1");
    publish("c", "1", "1");
    List.of("a", "b", "c").forEach(model -> store.alias(model, "champion", "1"));
    repository.start();
    await(() -> live("a").equals("1") && live("b").equals("1") && live("c").equals("1"));
    store.deleteAlias("a", "champion");
    store.deleteModel("b");
    await(() -> !catalog().ready("a", null) && !catalog().ready("b", null));
    assertThat(live("c")).isEqualTo("1");
    store.alias("a", "champion", "1");
    await(() -> live("a").equals("1"));
  }

  @Test
  void leavesOutModelsWhoseNamesCouldBecomePaths() throws IOException {
    publish("digits", "1", "1");
    store.register("..\\etc", "1", List.of());
    store.alias("..\\etc", "champion", "1");
    store.alias("digits", "champion", "1");
    repository.start();
    await(() -> live("digits").equals("1"));
    assertThat(catalog().versions()).extracting(VersionStatus::model).containsOnly("digits");
  }

  @Test
  void leavesLoadingToTheAlias() {
    assertThatThrownBy(() -> repository.load("digits"))
        .hasMessage(
            "explicit model load / unload is not allowed if polling is enabled; move or delete the alias 'champion' in the model store instead")
        .asInstanceOf(type(InferenceException.class))
        .extracting(InferenceException::failure)
        .isInstanceOf(InferenceFailure.NotReady.class);
    assertThatThrownBy(() -> repository.unload("digits")).isInstanceOf(InferenceException.class);
  }

  private void breakForTwoLooks(Fault fault) {
    int before = store.brokenAnswers();
    store.breakBy(fault);
    await(() -> store.brokenAnswers() >= before + 2);
  }

  private void restart(Fault fault) {
    repository.close();
    engine.close();
    store.breakBy(fault);
    engine = new FakeEngine();
    repository = repository();
    repository.start();
  }

  @Override
  StoreRepository repository() {
    return repository(POLL);
  }

  private String answerOf(String model) {
    try (var answer = engine.inference().inferAndWait(request(model, 1, 1), FakeEngine.LIMIT)) {
      return answer.version() + ": " + answer.outputs().getFirst().data().getFloat(0);
    }
  }

  private VersionState state(String version) {
    return catalog().versions().stream()
        .filter(status -> status.version().equals(version))
        .map(VersionStatus::state)
        .findFirst()
        .orElse(VersionState.LOADING);
  }

  private String reason(String version) {
    return catalog().versions().stream()
        .filter(status -> status.version().equals(version))
        .map(VersionStatus::reason)
        .findFirst()
        .orElse("");
  }
}
