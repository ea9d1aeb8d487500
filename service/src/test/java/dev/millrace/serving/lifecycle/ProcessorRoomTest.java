package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeDevices.CPU;
import static dev.millrace.serving.fake.FakeEngine.await;
import static dev.millrace.serving.fake.FakeEngine.candidate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.runtime.ModelLoadException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Models on processors whose memory others use too. */
class ProcessorRoomTest {
  private static final PlacementLimits SET =
      new PlacementLimits(1_000, 1, 0, 10, Duration.ofMillis(20));

  private final FakeDevices devices = new FakeDevices(2_000);
  private final FakeEngine engine = new FakeEngine(devices, SET, ModelSettings.defaults());

  @AfterEach
  void stop() {
    engine.close();
    assertThat(engine.runtime().opened()).allMatch(model -> model.closed() && model.faults() == 0);
  }

  @Test
  void takeNoMoreThanIsFreeThoughTheLimitAllowsIt() {
    engine.runtime().takes(600);
    assertThat(devices.take(CPU, 1_500)).isTrue();
    assertThatThrownBy(() -> engine.rollout().serve(sized("a", 480)))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageStartingWith(
            "There is no room for model 'a': it needs 600 bytes, and cpu has 500 bytes free of 1000 bytes");
    assertThat(engine.runtime().opened()).isEmpty();
    devices.give(CPU, 500);
    engine.rollout().serve(sized("a", 480));
    assertThat(device("a")).isEqualTo("cpu");
  }

  @Test
  void makeRoomForEachOtherWhereOthersTookTheRest() {
    engine.runtime().takes(400);
    assertThat(devices.take(CPU, 1_500)).isTrue();
    engine.rollout().serve(sized("a", 320));
    assertThat(device("a")).isEqualTo("cpu");
    engine.rollout().serve(sized("b", 320));
    assertThat(device("b")).isEqualTo("cpu");
    await(() -> engine.runtime().openNow() == 1);
    assertThat(device("a")).isEmpty();
  }

  @Test
  void takeTheLimitWhereMoreIsFree() {
    engine.runtime().takes(600);
    engine.rollout().serve(sized("a", 480));
    engine.rollout().serve(sized("b", 480));
    await(() -> engine.runtime().openNow() == 1);
    assertThat(device("a")).isEmpty();
  }

  /** What it needs is guessed from its files. */
  private static Candidate sized(String model, int fileBytes) {
    return candidate(model, "1", "2" + " ".repeat(fileBytes - 1));
  }

  private String device(String model) {
    return engine.catalog().versions().stream()
        .filter(status -> status.model().equals(model))
        .findFirst()
        .orElseThrow()
        .device();
  }
}
