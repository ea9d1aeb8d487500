package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeDevices.gpu;
import static dev.millrace.serving.fake.FakeEngine.await;
import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.lifecycle.InstanceGroup.Kind;
import dev.millrace.serving.lifecycle.PlacementSettings.Fallback;
import dev.millrace.serving.lifecycle.PlacementSettings.Residence;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Versions whose last copy is gone, as their users see them. */
class LostVersionsTest {
  private static final String NO_MEMORY =
      "its last copy ran out of device memory, and there was no room for another";

  private final FakeDevices devices = new FakeDevices(1L << 40).withGpu(0, 1_000);
  private final FakeEngine engine =
      new FakeEngine(
          devices, new PlacementLimits(0, 1, 0, 10, Duration.ofMillis(20)), onGpusOnly());
  private final ModelCatalog catalog = engine.catalog();

  @AfterEach
  void stop() {
    engine.close();
    assertThat(engine.runtime().opened()).allMatch(model -> model.closed() && model.faults() == 0);
  }

  @Test
  void leaveServiceForAllToSeeAndComeBackOnceThereIsRoom() {
    loseItsMemory();
    assertThat(status().reason()).startsWith(NO_MEMORY);
    assertThat(status().live()).isFalse();
    assertThat(catalog.ready("m", null)).isFalse();
    assertThat(catalog.ready("m", "1")).isFalse();
    assertThat(lost()).isEqualTo(1);
    var told =
        new InferenceFailure.NotReady(
            "Model 'm' version 1 is out of service: %s. It is loaded again as soon as that works; try again later."
                .formatted(NO_MEMORY));
    assertThat(asked()).isEqualTo(told);
    assertThat(describedAs("1")).isEqualTo(told);
    assertThat(describedAs(null)).isEqualTo(told);
    devices.give(gpu(0), 400);
    await(() -> catalog.ready("m", "1"));
    assertThat(answer()).isEqualTo(4);
    assertThat(status().reason()).isEmpty();
    assertThat(lost()).isZero();
  }

  @Test
  void sayWhyTheLastAttemptToLoadThemFailed() {
    loseItsMemory();
    await(() -> status().reason().contains("the last attempt to load it failed: "));
    assertThat(status().reason()).startsWith(NO_MEMORY);
    assertThat(status().state()).isEqualTo(VersionState.UNAVAILABLE);
  }

  @Test
  void areInTheCareOfTheServerAndNotOfTheirRepository() {
    loseItsMemory();
    assertThat(engine.rollout().serves(List.of(sized("1")))).isTrue();
    assertThat(engine.rollout().serves(List.of(sized("2")))).isFalse();
  }

  @Test
  void areNotLoadedAgainOnceNobodyWantsThem() {
    loseItsMemory();
    engine.rollout().unload("m", "its files were removed");
    assertThat(status().reason()).isEqualTo("its files were removed");
    assertThat(lost()).isZero();
    assertThat(asked().message()).contains("has no available versions");
    assertThat(engine.rollout().serves(List.of(sized("1")))).isFalse();
  }

  @Test
  void areReplacedByAnotherVersionThatFits() {
    loseItsMemory();
    devices.give(gpu(0), 400);
    engine.rollout().serve(sized("2"));
    assertThat(answer()).isEqualTo(4);
    assertThat(catalog.describe("m", null).version()).isEqualTo("2");
    assertThat(catalog.ready("m", "1")).isFalse();
    assertThat(lost()).isZero();
  }

  /** Its GPU has no room for a copy of the size that copies have from now on. */
  private void loseItsMemory() {
    engine.runtime().takes(600);
    engine.rollout().serve(sized("1"));
    devices.take(gpu(0), 400);
    engine.runtime().takes(700);
    engine.runtime().opened().getFirst().runOutOfMemory();
    assertThat(asked()).isInstanceOf(InferenceFailure.Overloaded.class);
    await(() -> status().state() == VersionState.UNAVAILABLE);
  }

  private InferenceFailure asked() {
    return catchThrowableOfType(InferenceException.class, this::answer).failure();
  }

  private InferenceFailure describedAs(@Nullable String version) {
    return catchThrowableOfType(InferenceException.class, () -> catalog.describe("m", version))
        .failure();
  }

  private float answer() {
    try (var answer = engine.inference().inferAndWait(request("m", 1, 2), FakeEngine.LIMIT)) {
      return answer.outputs().getFirst().data().getFloat(4);
    }
  }

  private VersionStatus status() {
    return catalog.versions().getFirst();
  }

  private double lost() {
    return engine.metered("millrace_models_lost");
  }

  /** What it needs is guessed from its files: 600 bytes. */
  private static Candidate sized(String version) {
    return candidate("m", version, "2" + " ".repeat(479));
  }

  private static ModelSettings onGpusOnly() {
    var defaults = ModelSettings.defaults();
    return new ModelSettings(
        new PlacementSettings(
            List.of(new InstanceGroup(1, Kind.GPU, List.of())),
            Fallback.FORBIDDEN,
            Residence.ON_DEMAND),
        defaults.runtime(),
        defaults.scheduling(),
        defaults.cacheBytes(),
        defaults.weight(),
        defaults.consistencyTolerance());
  }
}
