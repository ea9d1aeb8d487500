package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.scheduling.ShareLedger.Overlap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeviceTurnsTest {
  private static final long MINUTE = 60_000_000_000L;

  private final AtomicLong now = new AtomicLong();
  private final FairDevice gpu = new FairDevice(1, Overlap.EXCLUSIVE, 10_000_000, now::get);
  private final FairDevice cpu = new FairDevice(1, Overlap.PREEMPTIVE, 10_000_000, now::get);
  private final EchoModel model = EchoModel.free();

  @Test
  void runWhenTheOtherModelLeavesTheDevice() throws Exception {
    var other = gpu.share(1, 1);
    other.enter(() -> false);
    var run = running(DeviceTurns.ofYielding(sharing(gpu), now::get));
    FakeEngine.await(() -> gpu.waiting() == 1);
    assertThat(model.runs()).isEmpty();
    other.leave(1_000);
    other.idle();
    run.get(10, TimeUnit.SECONDS);
    assertThat(model.runs()).hasSize(1);
    assertThat(other.enter(() -> false)).isZero();
  }

  @Test
  void giveUpWhereADeviceHangs() {
    gpu.share(1, 1).enter(() -> false);
    var run = running(DeviceTurns.ofYielding(sharing(gpu), now::get));
    FakeEngine.await(() -> gpu.waiting() == 1);
    now.addAndGet(2 * MINUTE);
    assertThatThrownBy(run::join)
        .hasCauseInstanceOf(ModelLoadException.class)
        .hasMessageContaining("was busy with other models for PT1M");
    assertThat(gpu.waiting()).isZero();
    assertThat(model.runs()).isEmpty();
  }

  @Test
  void areNotTakenOnProcessorsByThreadsThatYield() throws Exception {
    cpu.share(1, 1).enter(() -> false);
    running(DeviceTurns.ofYielding(farAhead(), now::get)).get(10, TimeUnit.SECONDS);
    assertThat(model.runs()).hasSize(1);
  }

  @Test
  void areTakenOnProcessorsByWorkers() throws Exception {
    var other = cpu.share(1, 1);
    other.enter(() -> false);
    var run = running(DeviceTurns.ofYielding(farAhead(), now::get).ofWorkers());
    FakeEngine.await(() -> cpu.waiting() == 1);
    other.leave(1_000);
    other.idle();
    run.get(10, TimeUnit.SECONDS);
    assertThat(model.runs()).hasSize(1);
  }

  /** A model that had a second more of the processors than the one that runs. */
  private DeviceShares farAhead() {
    var shares = sharing(cpu);
    shares.on("cpu").enter(() -> false);
    shares.on("cpu").leave(1_000_000_000);
    return shares;
  }

  private CompletableFuture<Void> running(DeviceTurns turns) {
    return CompletableFuture.runAsync(
        () -> {
          try (var batch = turns.inTurn(model).bind(List.of(Tensors.row("x", 1)))) {
            batch.run().close();
          }
        },
        task -> Thread.ofPlatform().start(task));
  }

  private static DeviceShares sharing(FairDevice device) {
    var share = device.share(1, 1);
    return _ -> share;
  }
}
