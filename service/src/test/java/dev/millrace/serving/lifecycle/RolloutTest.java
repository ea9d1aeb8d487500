package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeEngine.await;
import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.packaging.GoldenExample;
import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.protocol.packaging.TensorValue;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.runtime.ModelLoadException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RolloutTest {
  private final FakeEngine engine = new FakeEngine();
  private final ModelCatalog catalog = engine.catalog();
  private final Rollout rollout = engine.rollout();

  @AfterEach
  void stop() {
    engine.close();
    assertThat(engine.runtime().opened()).allMatch(model -> model.closed() && model.faults() == 0);
  }

  @Test
  void servesWhatItLoaded() {
    rollout.serve(candidate("m", "1", "3"));
    try (var answer = engine.inference().inferAndWait(request("m", 1, 2), FakeEngine.LIMIT)) {
      assertThat(answer.version()).isEqualTo("1");
      assertThat(answer.outputs().getFirst().data().getFloat(4)).isEqualTo(6);
    }
    var status = catalog.versions().getFirst();
    assertThat(status.state()).isEqualTo(VersionState.READY);
    assertThat(status.live()).isTrue();
    assertThat(status.device()).isEqualTo("cpu");
    assertThat(status.availableSince()).isNotNull();
    assertThat(catalog.describe("m", null).platform()).isEqualTo("fake_numbers");
    assertThat(catalog.describe("m", "1").versions()).containsExactly("1");
  }

  @Test
  void answersWithTheNewVersionAfterASwapAndUnloadsTheOldOne() {
    rollout.serve(candidate("m", "1", "1"));
    rollout.serve(candidate("m", "2", "2"));
    assertThat(catalog.describe("m", null).version()).isEqualTo("2");
    await(() -> engine.runtime().opened().getFirst().closed());
    await(() -> state("1") == VersionState.UNAVAILABLE);
    assertThat(status("1").reason()).isEqualTo("unloaded");
    assertThat(status("2").live()).isTrue();
  }

  @Test
  void keepsAVersionLoadedForAsLongAsItIsLeased() {
    rollout.serve(candidate("m", "1", "1"));
    try (var lease = catalog.lease("m", null)) {
      rollout.serve(candidate("m", "2", "2"));
      assertThat(lease.version()).isEqualTo("1");
      assertThat(engine.runtime().opened().getFirst().closed()).isFalse();
      assertThat(state("1")).isEqualTo(VersionState.UNLOADING);
      assertThat(catalog.inFlight()).isEqualTo(1);
    }
    await(() -> engine.runtime().opened().getFirst().closed());
    assertThat(catalog.inFlight()).isZero();
  }

  @Test
  void doesNotLoadTheSameContentTwice() {
    rollout.serve(candidate("m", "1", "1"));
    rollout.serve(candidate("m", "1", "1"));
    assertThat(engine.runtime().opened()).hasSize(1);
  }

  @Test
  void reloadsAVersionWhoseContentChanged() {
    rollout.serve(candidate("m", "1", "1"));
    rollout.serve(candidate("m", "1", "5"));
    await(() -> engine.runtime().opened().getFirst().closed());
    assertThat(catalog.versions()).singleElement().matches(VersionStatus::live);
  }

  @Test
  void leavesTheLiveVersionWhenTheNextOneCannotBeOpened() {
    rollout.serve(candidate("m", "1", "1"));
    assertThatThrownBy(() -> rollout.serve(candidate("m", "2", "no number")))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("it holds no number");
    assertThat(catalog.describe("m", null).version()).isEqualTo("1");
    assertThat(status("2").state()).isEqualTo(VersionState.UNAVAILABLE);
    assertThat(status("2").reason()).contains("it holds no number");
  }

  @Test
  void tellsOnTheLiveVersionThatItsReloadFailed() {
    rollout.serve(candidate("m", "1", "1"));
    assertThatThrownBy(() -> rollout.serve(candidate("m", "1", "x")))
        .isInstanceOf(ModelLoadException.class);
    assertThat(status("1").state()).isEqualTo(VersionState.READY);
    assertThat(status("1").reason()).contains("it holds no number");
  }

  @Test
  void stopsAModelThatAnswersOtherwiseThanItsTrainerRecorded() {
    rollout.serve(candidate("m", "1", "1"));
    assertThatThrownBy(() -> rollout.serve(candidate("m", "2", "2", golden(2, 2.5))))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining(
            "Golden example 1 differs in output 'y' by up to 0.5 (element 1: recorded 2.5, answered 2.0), and the tolerance is 1.0E-4");
    assertThat(catalog.describe("m", null).version()).isEqualTo("1");
    assertThat(engine.runtime().opened().getLast().closed()).isTrue();
  }

  @Test
  void acceptsAModelThatAnswersAsRecorded() {
    rollout.serve(candidate("m", "1", "2", golden(2, 2.00005)));
    assertThat(catalog.ready("m", "1")).isTrue();
  }

  @Test
  void refusesGoldenExamplesForAnotherModel() {
    var example =
        new GoldenExample(
            List.of(new TensorValue("image", "FP32", List.of(1L, 2L), new double[2])), List.of());
    var golden = new GoldenExamples(0, List.of(example));
    assertThatThrownBy(() -> rollout.serve(candidate("m", "1", "1", golden)))
        .hasMessageContaining("Golden example 0 has no input 'x'");
  }

  @Test
  void reportsWhyTheFilesCouldNotBeFetched() {
    var broken =
        new Candidate(
            "m",
            "1",
            "a",
            () -> {
              throw new IOException("'model.onnx': expected digest a, found b");
            });
    assertThatThrownBy(() -> rollout.serve(broken)).isInstanceOf(ModelLoadException.class);
    assertThat(status("1").reason()).isEqualTo("'model.onnx': expected digest a, found b");
  }

  @Test
  void unloadsAModelButFinishesItsRequests() {
    rollout.serve(candidate("m", "1", "1"));
    try (var _ = catalog.lease("m", null)) {
      rollout.unload("m", "unloaded");
      assertThat(catalog.ready("m", null)).isFalse();
      assertThat(engine.runtime().openNow()).isEqualTo(1);
    }
    await(() -> engine.runtime().openNow() == 0);
    assertThatThrownBy(() -> catalog.lease("m", null))
        .isInstanceOf(InferenceException.class)
        .hasMessageStartingWith("Request for unknown model: 'm' has no available versions");
    assertThatThrownBy(() -> catalog.lease("m", "1"))
        .hasMessageStartingWith("Request for unknown model: 'm' version 1 is not at ready state");
  }

  @Test
  void showsAVersionThatIsBeingLoaded() {
    var gate = engine.runtime().closeGate();
    var load = CompletableFuture.runAsync(() -> rollout.serve(candidate("m", "7", "1")));
    await(() -> state("7") == VersionState.LOADING);
    assertThat(catalog.ready("m", "7")).isFalse();
    gate.countDown();
    load.join();
    assertThat(state("7")).isEqualTo(VersionState.READY);
  }

  @Test
  void loadsOfDifferentModelsDoNotWaitForEachOther() {
    var gate = engine.runtime().closeGate();
    var one = CompletableFuture.runAsync(() -> rollout.serve(candidate("a", "1", "1")));
    var two = CompletableFuture.runAsync(() -> rollout.serve(candidate("b", "1", "1")));
    await(() -> catalog.versions().size() == 2);
    gate.countDown();
    CompletableFuture.allOf(one, two).join();
    assertThat(catalog.versions()).allMatch(VersionStatus::live);
  }

  private static GoldenExamples golden(double first, double second) {
    return new GoldenExamples(1e-4, List.of(example(first, first), example(first, second)));
  }

  private static GoldenExample example(double first, double second) {
    return new GoldenExample(
        List.of(new TensorValue("x", "FP32", List.of(1L, 2L), new double[] {1, 1})),
        List.of(new TensorValue("y", "FP32", List.of(1L, 2L), new double[] {first, second})));
  }

  private VersionState state(String version) {
    return catalog.versions().stream()
        .filter(status -> status.version().equals(version))
        .map(VersionStatus::state)
        .findFirst()
        .orElse(VersionState.UNAVAILABLE);
  }

  private VersionStatus status(String version) {
    return catalog.versions().stream()
        .filter(status -> status.version().equals(version))
        .findFirst()
        .orElseThrow();
  }
}
