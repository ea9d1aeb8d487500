package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeEngine.candidate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelRuntime;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.scheduling.DeviceShares;
import dev.millrace.serving.scheduling.DeviceTurns;
import dev.millrace.serving.time.NanoClock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class VersionOpeningTest {
  @Test
  void closesTheCopiesThatAreOpenWhereTheJvmHasNoMemoryForTheNext() throws IOException {
    try (var engine = new FakeEngine()) {
      var candidate = candidate("m", "1", "2");
      var opening =
          new VersionOpening(
              candidate,
              candidate.files().fetch(),
              ModelSettings.defaults(),
              new OneCopy(engine.runtime(), new AtomicInteger()),
              Haste.NONE,
              DeviceTurns.ofYielding(DeviceShares.UNSHARED, NanoClock.SYSTEM));
      try (var berths = engine.placements().place("m", 1, PlacementSettings.copies(2))) {
        assertThatThrownBy(() -> opening.openAll(berths))
            .isInstanceOf(OutOfMemoryError.class)
            .hasMessage("no direct memory");
      }
      assertThat(engine.runtime().opened()).hasSize(1);
      assertThat(engine.runtime().openNow()).isZero();
    }
  }

  /** Has memory for one copy. */
  private record OneCopy(ModelRuntime runtime, AtomicInteger opened) implements ModelRuntime {
    @Override
    public boolean reads(Path modelFile) {
      return runtime.reads(modelFile);
    }

    @Override
    public String platform() {
      return runtime.platform();
    }

    @Override
    public ExecutableModel open(Path modelFile, Device device, RuntimeSettings settings) {
      if (opened.incrementAndGet() > 1) {
        throw new OutOfMemoryError("no direct memory");
      }
      return runtime.open(modelFile, device, settings);
    }
  }
}
