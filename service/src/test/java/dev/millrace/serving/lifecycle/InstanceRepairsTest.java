package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeDevices.gpu;
import static dev.millrace.serving.fake.FakeEngine.candidate;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.lifecycle.InstanceGroup.Kind;
import dev.millrace.serving.lifecycle.PlacementSettings.Fallback;
import dev.millrace.serving.lifecycle.PlacementSettings.Residence;
import dev.millrace.serving.runtime.DeviceMemoryException;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.scheduling.DeviceShares;
import dev.millrace.serving.scheduling.DeviceTurns;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of a copy whose device has no memory left while it runs. */
class InstanceRepairsTest {
  private static final int BYTES = 400;

  private final AtomicLong now = new AtomicLong();
  private final FakeDevices devices = new FakeDevices(1L << 40).withGpu(0, 1_000).withGpu(1, 1_000);
  private final FakeEngine engine =
      new FakeEngine(
          devices,
          new PlacementLimits(0, 1, 0, 10, Duration.ofMillis(20)),
          ModelSettings.defaults());

  @AfterEach
  void stop() {
    engine.close();
    assertThat(engine.runtime().opened()).allMatch(model -> model.faults() == 0);
  }

  @Test
  void opensAnotherOnTheSameDeviceAndExpectsItToNeedMore() throws IOException {
    var version = open(Fallback.CPU);
    try (var replacement = version.replaced().orElseThrow()) {
      assertThat(replacement.device()).isEqualTo("cuda:0");
      assertThat(engine.runtime().opened().getFirst().closed()).isTrue();
      assertThat(version.berths.bytes()).containsOnlyKeys(gpu(0)).containsEntry(gpu(0), 500L);
      assertThat(metered("replaced")).isEqualTo(1);
    }
  }

  @Test
  void countsTheReplacementOnceAlthoughTheDriverSeesItToo() throws IOException {
    var version = open(Fallback.CPU);
    devices.take(gpu(1), 1_000);
    try (var _ = version.replaced().orElseThrow()) {
      assertThat(devices.used(gpu(0))).isEqualTo(BYTES);
      try (var beside = engine.placements().place("beside", 360, onGpu())) {
        assertThat(beside.devices()).isEqualTo("cuda:0");
      }
    }
  }

  @Test
  void notesThatTheReplacementTakesMoreThanWasExpected() throws IOException {
    var version = open(Fallback.CPU);
    engine.runtime().takes(700);
    try (var _ = version.replaced().orElseThrow()) {
      assertThat(version.berths.bytes()).containsEntry(gpu(0), 700L);
    }
  }

  @Test
  void movesToAnotherGpuWhenTheSameOneIsFull() throws IOException {
    var version = open(Fallback.FORBIDDEN);
    devices.take(gpu(0), 600);
    try (var replacement = version.replaced().orElseThrow()) {
      assertThat(replacement.device()).isEqualTo("cuda:1");
      assertThat(version.berths.devices()).isEqualTo("cuda:1");
    }
  }

  @Test
  void movesToTheProcessorsWhereThatIsAllowed() throws IOException {
    var version = open(Fallback.CPU);
    devices.take(gpu(0), 600);
    devices.take(gpu(1), 1_000);
    try (var replacement = version.replaced().orElseThrow()) {
      assertThat(replacement.device()).isEqualTo("cpu");
      assertThat(version.berths.fallback()).startsWith("runs on the processors instead of a GPU");
    }
  }

  @Test
  void isLostWhereNothingHasRoomAndTheProcessorsAreForbidden() throws IOException {
    var version = open(Fallback.FORBIDDEN);
    devices.take(gpu(0), 600);
    devices.take(gpu(1), 1_000);
    assertThat(version.replaced()).isEmpty();
    assertThat(version.berths.bytes()).isEmpty();
    assertThat(metered("lost")).isEqualTo(1);
  }

  @Test
  void makesRoomByUnloadingAnIdleModel() throws IOException {
    engine.runtime().takes(BYTES);
    engine.rollout().serve(candidate("idle", "1", "1"));
    assertThat(devices.used(gpu(0))).isEqualTo(BYTES);
    devices.take(gpu(1), 1_000);
    var version = open(Fallback.FORBIDDEN);
    devices.take(gpu(0), 150);
    try (var replacement = version.replaced().orElseThrow()) {
      assertThat(replacement.device()).isEqualTo("cuda:0");
      assertThat(engine.catalog().ready("idle", null)).isTrue();
      assertThat(engine.runtime().opened().getFirst().closed()).isTrue();
    }
  }

  @Test
  void goesOnWithTheSameCopyWhereItWasReplacedAMomentAgo() throws IOException {
    var version = open(Fallback.CPU);
    var second = version.replaced().orElseThrow();
    assertThat(version.replaced(second)).containsSame(second);
    assertThat(engine.runtime().opened().getLast().closed()).isFalse();
    now.addAndGet(RepairPace.FIRST_PAUSE_NANOS);
    try (var third = version.replaced(second).orElseThrow()) {
      assertThat(third).isNotSameAs(second);
      assertThat(metered("replaced")).isEqualTo(2);
    }
  }

  private Broken open(Fallback fallback) throws IOException {
    engine.runtime().takes(BYTES);
    var candidate = candidate("m", "1", "2");
    var defaults = ModelSettings.defaults();
    var settings =
        new ModelSettings(
            new PlacementSettings(
                List.of(new InstanceGroup(1, Kind.GPU, List.of())), fallback, Residence.ON_DEMAND),
            defaults.runtime(),
            defaults.scheduling(),
            defaults.cacheBytes(),
            defaults.weight(),
            defaults.consistencyTolerance());
    var opening =
        new VersionOpening(
            candidate,
            candidate.files().fetch(),
            settings,
            engine.runtime(),
            Haste.NONE,
            DeviceTurns.ofYielding(DeviceShares.UNSHARED, now::get));
    var berths = engine.placements().place("m", 1, settings.placement());
    var instance = opening.openAll(berths).getFirst();
    berths.all().getFirst().holding().settle(BYTES);
    var repairs = new InstanceRepairs(opening, berths, engine.placements(), now::get);
    return new Broken(instance, berths, repairs);
  }

  private static PlacementSettings onGpu() {
    return new PlacementSettings(
        List.of(new InstanceGroup(1, Kind.GPU, List.of())),
        Fallback.FORBIDDEN,
        Residence.ON_DEMAND);
  }

  private record Broken(ExecutableModel instance, Berths berths, InstanceRepairs repairs) {
    Optional<ExecutableModel> replaced() {
      return replaced(instance);
    }

    Optional<ExecutableModel> replaced(ExecutableModel broken) {
      return repairs.replace(
          broken, new DeviceMemoryException("no memory", new IllegalStateException("fake")));
    }
  }

  private double metered(String result) {
    return engine.metered("millrace_instance_repair", "model", "m", "result", result);
  }
}
