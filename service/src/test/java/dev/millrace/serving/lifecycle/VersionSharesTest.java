package dev.millrace.serving.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.scheduling.DeviceShares;
import dev.millrace.serving.scheduling.TriedRuns;
import dev.millrace.serving.telemetry.PlacementMeters;
import dev.millrace.serving.telemetry.ServingMeters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How the copies of a version share devices with those of others. */
class VersionSharesTest {
  private static final String CPU = "cpu";
  private static final String GPU = "cuda:0";
  private static final int RUNS = 4_000;
  private static final long RUN = 100_000;

  private final AtomicLong now = new AtomicLong();
  private final VersionLoader loader = loader();

  @AfterEach
  void close() {
    loader.close();
  }

  @Test
  void areInProportionToTheWeights() {
    var heavy = new TriedRuns(shares(3, 0), GPU);
    var light = new TriedRuns(shares(1, 0), GPU);
    int runs = runsBeforeLast(heavy, light);
    assertThat(runs).isCloseTo(RUNS * 3 / 4, withinPercentage(5));
  }

  @Test
  void areOneForAllCopiesOfAVersionOnADevice() {
    var version = shares(1, 0);
    var copy = new TriedRuns(version, GPU);
    var other = new TriedRuns(shares(1, 0), GPU);
    int runs = runsBeforeLast(copy, new TriedRuns(version, GPU), other);
    assertThat(runs).isCloseTo(RUNS / 2, withinPercentage(5));
  }

  @Test
  void areOfEachDeviceByItself() {
    var version = shares(1, 0);
    var elsewhere = new TriedRuns(version, "cuda:1");
    var here = new TriedRuns(version, GPU);
    var other = new TriedRuns(shares(1, 0), GPU);
    run(elsewhere, RUNS * RUN);
    run(other, RUN);
    // What it had of the other device does not count here.
    int runs = runsBeforeLast(here, other);
    assertThat(runs).isCloseTo(RUNS / 2, withinPercentage(5));
  }

  @Test
  void holdUpNobodyOnAnotherDevice() {
    var version = shares(1, 0);
    var elsewhere = new TriedRuns(version, "cuda:1");
    var here = new TriedRuns(version, GPU);
    var other = new TriedRuns(shares(1, 0), GPU);
    assertThat(elsewhere.begin()).isTrue();
    assertThat(other.begin()).isTrue();
    assertThat(here.begin()).isFalse();
    other.end(RUN);
    assertThat(here.begin()).isTrue();
    here.end(RUN);
    elsewhere.end(RUN);
  }

  @Test
  void leaveRoomOnTheProcessorsBesideAVersionWhoseRunsUseOneThread() {
    assertThat(runsBesideOneBehindIt(1)).isEqualTo(Device.cpu().cores() > 1);
    assertThat(runsBesideOneBehindIt(0)).isFalse();
  }

  /** Whether a version that had far more than its part may run beside one that runs. */
  private boolean runsBesideOneBehindIt(int threads) {
    var greedy = new TriedRuns(shares(0.1, threads), CPU);
    var modest = new TriedRuns(shares(1, threads), CPU);
    assertThat(modest.begin()).isTrue();
    run(greedy, 100 * RUN);
    boolean runsAgain = greedy.begin();
    if (runsAgain) {
      greedy.end(0);
    }
    greedy.rest();
    modest.end(0);
    modest.rest();
    return runsAgain;
  }

  /** All want to run, and who may does; how many runs all but the last had. */
  private int runsBeforeLast(TriedRuns... copies) {
    int runs = 0;
    for (int i = 0; i < RUNS; i++) {
      int asked = i % copies.length;
      while (!copies[asked].begin()) {
        asked = (asked + 1) % copies.length;
      }
      now.addAndGet(RUN);
      copies[asked].end(RUN);
      runs += asked == copies.length - 1 ? 0 : 1;
    }
    return runs;
  }

  private void run(TriedRuns copy, long nanos) {
    assertThat(copy.begin()).isTrue();
    now.addAndGet(nanos);
    copy.end(nanos);
  }

  private DeviceShares shares(double weight, int threads) {
    var defaults = ModelSettings.defaults();
    return loader.sharesOf(
        new ModelSettings(
            defaults.placement(),
            new RuntimeSettings(0, threads, Map.of(), Map.of()),
            defaults.scheduling(),
            defaults.cacheBytes(),
            weight,
            defaults.consistencyTolerance()));
  }

  private VersionLoader loader() {
    var registry = new SimpleMeterRegistry();
    var devices = new FakeDevices(1L << 30);
    var placements =
        new Placements(
            new ModelCatalog(),
            devices,
            devices::used,
            PlacementLimits.DEFAULTS,
            new PlacementMeters(registry),
            now::get);
    return new VersionLoader(
        file -> {
          throw new ModelLoadException("Nothing is loaded here: " + file, null);
        },
        (_, _) -> ModelSettings.defaults(),
        LifecycleSettings.DEFAULTS,
        placements,
        new ServingMeters(registry, now::get),
        now::get);
  }
}
