package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeDevices.CPU;
import static dev.millrace.serving.fake.FakeDevices.gpu;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class DeviceLedgerTest {
  private final DeviceLedger ledger = new DeviceLedger();
  private final FakeDevices devices = new FakeDevices(10_000).withGpu(0, 10_000);

  @Test
  void guessesFromTheFilesUntilTheModelWasMeasured() {
    assertThat(ledger.expected("m", 1_000)).isEqualTo(1_250);
    ledger.learn("m", 3_000);
    assertThat(ledger.expected("m", 1_000)).isEqualTo(3_000);
    assertThat(ledger.expected("m", 5_000)).isEqualTo(5_000);
    ledger.forget("m");
    assertThat(ledger.expected("m", 1_000)).isEqualTo(1_250);
  }

  @Test
  void countsWhatIsExpectedUntilItIsMeasured() {
    var holding = ledger.reserve(CPU, 100);
    assertThat(ledger.takenBytes(CPU)).isEqualTo(100);
    assertThat(ledger.expectedBytes(CPU)).isEqualTo(100);
    holding.settle(70);
    assertThat(ledger.takenBytes(CPU)).isEqualTo(70);
    assertThat(ledger.expectedBytes(CPU)).isZero();
    assertThat(ledger.copies(CPU)).isEqualTo(1);
    holding.close();
    holding.close();
    assertThat(ledger.takenBytes(CPU)).isZero();
    assertThat(ledger.copies(CPU)).isZero();
  }

  @Test
  void givesBackWhatWasNeverMeasured() {
    try (var holding = ledger.reserve(CPU, 100)) {
      assertThat(holding.bytes()).isEqualTo(100);
    }
    assertThat(ledger.takenBytes(CPU)).isZero();
    assertThat(ledger.expectedBytes(CPU)).isZero();
  }

  @Test
  void measuresOnlyItsOwnDeviceAndLeavesOutWhatOthersGiveBackMeanwhile() {
    devices.take(CPU, 500);
    var other = ledger.reserve(CPU, 500);
    other.settle(500);
    try (var measurement = measure(CPU)) {
      devices.take(CPU, 200);
      devices.take(gpu(0), 900);
      devices.give(CPU, 500);
      other.close();
      assertThat(measurement.grownBytes(CPU)).isEqualTo(200);
    }
  }

  @Test
  void measuresOneLoadAfterTheOther() {
    var first = measure(CPU);
    var second =
        CompletableFuture.supplyAsync(
            () -> {
              try (var measurement = measure(CPU)) {
                devices.take(CPU, 30);
                return measurement.grownBytes(CPU);
              }
            });
    FakeEngine.await(() -> ledger.turn(CPU).hasQueuedThreads());
    devices.take(CPU, 7);
    assertThat(first.grownBytes(CPU)).isEqualTo(7);
    first.close();
    assertThat(second.join()).isEqualTo(30);
  }

  @Test
  void loadsOnTheSameDevicesInAnyOrderDoNotBlockEachOther() {
    var loads =
        List.of(List.of(CPU, gpu(0)), List.of(gpu(0), CPU)).stream()
            .map(
                order ->
                    CompletableFuture.runAsync(
                        () -> {
                          for (int i = 0; i < 1_000; i++) {
                            new Measurement(ledger, devices::used, order).close();
                          }
                        }))
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(loads).join();
    assertThat(ledger.turn(CPU).isLocked()).isFalse();
  }

  private Measurement measure(Device device) {
    return new Measurement(ledger, devices::used, List.of(device, device));
  }
}
