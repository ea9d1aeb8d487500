package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeDevices.CPU;
import static dev.millrace.serving.fake.FakeDevices.gpu;
import static dev.millrace.serving.fake.FakeEngine.await;
import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.lifecycle.InstanceGroup.Kind;
import dev.millrace.serving.lifecycle.PlacementSettings.Fallback;
import dev.millrace.serving.lifecycle.PlacementSettings.Residence;
import dev.millrace.serving.runtime.ModelLoadException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Where models end up on fake devices, as their users see it. */
class PlacedModelsTest {
  private static final PlacementLimits HURRIED =
      new PlacementLimits(0, 1, 0, 10, Duration.ofMillis(20));

  private final FakeDevices devices = new FakeDevices(1L << 40).withGpu(0, 1_000).withGpu(1, 1_000);
  private FakeEngine engine = engine(Fallback.CPU, new InstanceGroup(1, Kind.GPU, List.of()));

  @AfterEach
  void stop() {
    engine.close();
    assertThat(engine.runtime().opened()).allMatch(model -> model.closed() && model.faults() == 0);
    devices.devices().forEach(device -> assertThat(devices.used(device)).isZero());
  }

  @Test
  void spreadsLargeModelsOverTheGpus() {
    engine.runtime().takes(600);
    serve("a");
    serve("b");
    assertThat(device("a")).isEqualTo("cuda:0");
    assertThat(device("b")).isEqualTo("cuda:1");
    assertThat(taken("cuda:0")).isEqualTo(600);
    assertAnswers("a", "b");
  }

  @Test
  void opensEachCopyWhereTheGroupsSay() {
    engine =
        engine(
            Fallback.CPU,
            new InstanceGroup(1, Kind.GPU, List.of(0, 1)),
            new InstanceGroup(2, Kind.CPU, List.of()));
    engine.runtime().takes(100);
    engine.rollout().serve(sized("a", 80));
    assertThat(device("a")).isEqualTo("cpu, cuda:0, cuda:1");
    assertThat(engine.runtime().opened()).hasSize(4);
    assertThat(taken("cuda:1")).isEqualTo(100);
    assertThat(taken("cpu")).isEqualTo(200);
  }

  @Test
  void unloadsTheLeastRecentlyUsedModelFromAFullGpu() {
    engine.runtime().takes(900);
    serve("a");
    serve("b");
    assertAnswers("a");
    serve("c");
    assertThat(device("b")).isEmpty();
    assertThat(status("b").reason()).isEqualTo("unloaded to make room; the next request loads it");
    assertThat(device("c")).isEqualTo("cuda:1");
    assertThat(engine.metered("millrace_model_unload")).isEqualTo(1);
  }

  @Test
  void fallsBackVisiblyWhenTheGpusAreInUse() {
    engine.runtime().takes(900);
    serve("a");
    serve("b");
    try (var _ = engine.catalog().lease("a", null);
        var _ = engine.catalog().lease("b", null)) {
      serve("c");
      assertThat(device("c")).isEqualTo("cpu");
      assertThat(status("c").reason())
          .startsWith("runs on the processors instead of a GPU: it needs")
          .contains("cuda:0 has 100 bytes free of 1000 bytes");
      assertThat(engine.metered("millrace_placement_fallback", "model", "c")).isEqualTo(1);
      assertAnswers("c");
    }
  }

  @Test
  void failsTheLoadWhereTheFallbackIsForbidden() {
    engine = engine(Fallback.FORBIDDEN, new InstanceGroup(1, Kind.GPU, List.of(1)));
    engine.runtime().takes(900);
    serve("a");
    try (var _ = engine.catalog().lease("a", null)) {
      assertThatThrownBy(() -> engine.rollout().serve(sized("b", 480)))
          .isInstanceOf(ModelLoadException.class)
          .hasMessageStartingWith("There is no room for model 'b': it needs 600 bytes")
          .hasMessageContaining("cuda:1 has 100 bytes free of 1000 bytes")
          .hasMessageContaining("cpu-fallback: false");
    }
    assertThat(status("b").state()).isEqualTo(VersionState.UNAVAILABLE);
    assertThat(devices.used(CPU)).isZero();
  }

  @Test
  void doesNotUnloadWhatIsToStayLoaded() {
    engine =
        engine(
            new PlacementSettings(
                List.of(new InstanceGroup(1, Kind.GPU, List.of(0))),
                Fallback.FORBIDDEN,
                Residence.KEPT));
    engine.runtime().takes(900);
    serve("a");
    assertThatThrownBy(() -> engine.rollout().serve(sized("b", 480)))
        .hasMessageContaining("cuda:0 has 100 bytes free of 1000 bytes");
    assertThat(device("a")).isEqualTo("cuda:0");
  }

  @Test
  void findsAnotherPlaceForAModelThatNeedsMoreThanItsFilesSaid() {
    engine.runtime().takes(600);
    engine.rollout().serve(sized("a", 40));
    engine.rollout().serve(sized("b", 40));
    assertThat(device("a")).isEqualTo("cuda:0");
    assertThat(device("b")).isEqualTo("cuda:1");
    assertThat(taken("cuda:1")).isEqualTo(600);
  }

  @Test
  void expectsNoMoreThanBeforeOnceALoadHasFailedForGood() {
    engine =
        engine(
            new PlacementSettings(
                List.of(new InstanceGroup(1, Kind.GPU, List.of(0))),
                Fallback.FORBIDDEN,
                Residence.ON_DEMAND));
    engine.runtime().takes(2_000);
    assertThatThrownBy(() -> engine.rollout().serve(sized("a", 300)))
        .isInstanceOf(ModelLoadException.class);
    engine.runtime().takes(300);
    engine.rollout().serve(sized("a", 300));
    assertThat(device("a")).isEqualTo("cuda:0");
  }

  @Test
  void leavesNothingBehindWhereTheMeasurementBreaks() {
    devices.breakAfter(1);
    assertThatThrownBy(() -> engine.rollout().serve(sized("a", 40)))
        .hasMessageContaining("the driver broke");
    assertThat(engine.runtime().opened()).hasSize(1);
    assertThat(engine.runtime().openNow()).isZero();
    assertThat(taken("cuda:0")).isZero();
  }

  @Test
  void aFailedLoadGivesItsPlaceBack() {
    engine.runtime().takes(100);
    assertThatThrownBy(() -> engine.rollout().serve(candidate("a", "1", "no number")))
        .isInstanceOf(ModelLoadException.class);
    assertThat(taken("cuda:0")).isZero();
  }

  @Test
  void movesModelsOffAGpuThatFails() {
    engine.runtime().takes(300);
    engine.rollout().serve(sized("a", 240));
    assertThat(device("a")).isEqualTo("cuda:0");
    devices.fail(gpu(0), "3 uncorrectable memory errors");
    try (var _ = DeviceWatch.start(devices, engine.rollout(), Duration.ofMillis(1))) {
      await(() -> device("a").equals("cuda:1"));
    }
    assertAnswers("a");
    await(() -> devices.used(gpu(0)) == 0);
    engine.rollout().serve(sized("b", 240));
    assertThat(device("b")).isEqualTo("cuda:1");
  }

  @Test
  void triesAgainToLeaveAGpuThatFailsUntilAnotherOneHasRoom() {
    engine = engine(Fallback.FORBIDDEN, new InstanceGroup(1, Kind.GPU, List.of()));
    engine.runtime().takes(300);
    engine.rollout().serve(sized("a", 240));
    devices.take(gpu(1), 900);
    devices.fail(gpu(0), "3 uncorrectable memory errors");
    try (var _ = DeviceWatch.start(devices, engine.rollout(), Duration.ofMillis(1))) {
      await(() -> status("a").reason().contains("There is no room for model 'a'"));
      assertAnswers("a");
      devices.give(gpu(1), 900);
      await(() -> device("a").equals("cuda:1"));
    }
    assertAnswers("a");
    await(() -> devices.used(gpu(0)) == 0);
  }

  private FakeEngine engine(Fallback fallback, InstanceGroup... groups) {
    return engine(new PlacementSettings(List.of(groups), fallback, Residence.ON_DEMAND));
  }

  private FakeEngine engine(PlacementSettings placement) {
    var defaults = ModelSettings.defaults();
    var settings =
        new ModelSettings(
            placement,
            defaults.runtime(),
            defaults.scheduling(),
            defaults.cacheBytes(),
            defaults.weight(),
            defaults.consistencyTolerance());
    return new FakeEngine(devices, HURRIED, settings);
  }

  private void serve(String model) {
    engine.rollout().serve(sized(model, 480));
  }

  /** What it needs is guessed from its files. */
  private static Candidate sized(String model, int fileBytes) {
    return candidate(model, "1", "2" + " ".repeat(fileBytes - 1));
  }

  private void assertAnswers(String... models) {
    for (var model : models) {
      try (var answer = engine.inference().inferAndWait(request(model, 1, 2), FakeEngine.LIMIT)) {
        assertThat(answer.outputs().getFirst().data().getFloat(4)).isEqualTo(4);
      }
    }
  }

  private String device(String model) {
    return status(model).device();
  }

  private VersionStatus status(String model) {
    return engine.catalog().versions().stream()
        .filter(status -> status.model().equals(model))
        .findFirst()
        .orElseThrow();
  }

  private double taken(String device) {
    return engine.metered("millrace_device_model_memory_bytes", "device", device);
  }
}
