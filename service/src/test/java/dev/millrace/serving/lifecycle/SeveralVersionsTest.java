package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeEngine.await;
import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.pair;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.fake.FakeModel;
import dev.millrace.serving.runtime.ModelLoadException;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several versions of one model that are served at a time; version n multiplies by n. */
@Timeout(60)
class SeveralVersionsTest {
  private static final int ONE_MODEL = 1;

  private final FakeEngine engine =
      new FakeEngine(
          new FakeDevices(1L << 40),
          new PlacementLimits(0, 1, ONE_MODEL, 20, FakeEngine.LIMIT),
          ModelSettings.defaults());
  private final ModelCatalog catalog = engine.catalog();

  @AfterEach
  void stop() {
    engine.close();
    assertThat(opened()).allMatch(model -> model.closed() && model.faults() == 0);
  }

  @Test
  void answerByTheirNumbersAndTheHighestWithoutOne() {
    serve("10", "9", "1");
    assertThat(Stream.of("1", "9", "10").map(this::answer)).containsExactly(1F, 9F, 10F);
    assertThat(answer(null)).isEqualTo(10);
    assertThat(catalog.describe("m", "9").versions()).containsExactly("1", "9", "10");
    assertThat(catalog.statistics("m", null))
        .extracting(VersionStatistics::version)
        .containsExactly("1", "9", "10");
    assertThat(catalog.statistics("m", "9")).hasSize(1);
    assertThat(catalog.versions())
        .extracting(VersionStatus::live)
        .containsExactly(false, false, true);
    assertThat(catalog.traffic("m").success()).isEqualTo(4);
  }

  @Test
  void stayOpenWhenAHigherOneComesAndWhenItGoes() {
    serve("2", "1");
    var second = opened().get(0);
    serve("3", "2");
    assertThat(answer(null)).isEqualTo(3);
    assertThat(answer("2")).isEqualTo(2);
    assertThatThrownBy(() -> answer("1"))
        .hasMessageContaining("version 1 is not at ready state but");
    serve("2", "1");
    assertThat(answer(null)).isEqualTo(2);
    assertThat(answer("1")).isEqualTo(1);
    assertThat(catalog.ready("m", "3")).isFalse();
    assertThat(second.closed()).isFalse();
    assertThat(opened()).hasSize(4);
    await(() -> engine.runtime().openNow() == 2);
  }

  @Test
  void areServedThoughOneOfThemCannotBeLoaded() {
    var broken = candidate("m", "3", "no number");
    assertThatThrownBy(() -> engine.rollout().serve(List.of(broken, version("2"), version("1"))))
        .isInstanceOf(ModelLoadException.class)
        .hasMessage("version 3: Cannot serve 'model.onnx': it holds no number");
    assertThat(answer(null)).isEqualTo(2);
    assertThat(answer("1")).isEqualTo(1);
    assertThat(catalog.versions())
        .filteredOn(status -> status.version().equals("3"))
        .singleElement()
        .matches(status -> status.state() == VersionState.UNAVAILABLE)
        .matches(status -> status.reason().contains("it holds no number"));
  }

  @Test
  void goOnWhereTheirOwnReplacementCannotBeLoaded() {
    serve("2", "1");
    var broken = candidate("m", "2", "no number");
    assertThatThrownBy(() -> engine.rollout().serve(List.of(broken, version("1"))))
        .hasMessageContaining("version 2: ");
    assertThat(answer(null)).isEqualTo(2);
    assertThat(answer("1")).isEqualTo(1);
    assertThat(catalog.versions())
        .filteredOn(status -> status.version().equals("2"))
        .singleElement()
        .matches(status -> status.state() == VersionState.READY)
        .matches(status -> status.reason().contains("it holds no number"));
  }

  @Test
  void areSwappedTogetherOrNotAtAll() {
    serve("2", "1");
    var broken = List.of(version("4"), candidate("m", "3", "no number"));
    assertThatThrownBy(() -> engine.rollout().serveTogether(broken))
        .hasMessageContaining("version 3: ");
    assertThat(catalog.describe("m", null).versions()).containsExactly("1", "2");
    assertThat(engine.runtime().openNow()).isEqualTo(2);
    engine.rollout().serveTogether(List.of(version("4"), version("3")));
    assertThat(catalog.describe("m", null).versions()).containsExactly("3", "4");
    await(() -> engine.runtime().openNow() == 2);
  }

  @Test
  void goOnWhereNoneOfTheNextCanBeLoaded() {
    serve("2", "1");
    var broken = List.of(candidate("m", "4", "x"), candidate("m", "3", "x"));
    assertThatThrownBy(() -> engine.rollout().serve(broken)).hasMessageStartingWith("version 4: ");
    assertThat(answer(null)).isEqualTo(2);
    assertThat(answer("1")).isEqualTo(1);
  }

  @Test
  void areTakenAwayTogether() {
    serve("2", "1");
    engine.rollout().unload("m", "unloaded");
    assertThat(catalog.ready("m", null)).isFalse();
    assertThat(catalog.ready("m", "1")).isFalse();
    await(() -> engine.runtime().openNow() == 0);
  }

  @Test
  void makeRoomTogetherAndComeBackOneByOne() {
    serve("2", "1");
    engine.rollout().serve(candidate("other", "1", "7"));
    await(() -> engine.runtime().openNow() == 1);
    assertThat(catalog.ready("m", "1")).isTrue();
    assertThat(catalog.describe("m", null).versions()).containsExactly("1", "2");
    assertThat(answer("1")).isEqualTo(1);
    await(() -> engine.runtime().openNow() == 1);
    assertThat(devicesByVersion()).containsExactly("1 cpu", "2 ");
    assertThat(answer(null)).isEqualTo(2);
    assertThat(devicesByVersion()).containsExactly("1 cpu", "2 cpu");
  }

  @Test
  void neverFailARequestForAVersionThatStaysWhileOthersComeAndGo() {
    serve("2");
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    var over = new AtomicBoolean();
    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 4; i++) {
        callers.execute(() -> askWhile(over, failures));
      }
      for (int i = 0; i < 15; i++) {
        serve("3", "2");
        serve("2", "1");
        engine.rollout().serve(List.of(candidate("m", "2", "20"), candidate("m", "1", "10")));
        serve("2");
      }
      over.set(true);
    }
    assertThat(failures).isEmpty();
    await(() -> engine.runtime().openNow() == 1);
  }

  private void askWhile(AtomicBoolean over, Queue<Throwable> failures) {
    while (!over.get()) {
      try {
        assertThat(answer("2")).isIn(2F, 20F);
      } catch (RuntimeException | AssertionError e) {
        failures.add(e);
      }
    }
  }

  private void serve(String... versions) {
    engine.rollout().serve(Arrays.stream(versions).map(SeveralVersionsTest::version).toList());
  }

  private static Candidate version(String number) {
    return candidate("m", number, number);
  }

  private List<FakeModel> opened() {
    return engine.runtime().opened();
  }

  private List<String> devicesByVersion() {
    return catalog.versions().stream()
        .filter(status -> status.model().equals("m"))
        .map(status -> status.version() + " " + status.device())
        .toList();
  }

  private float answer(@Nullable String version) {
    var asked = request("m", version, List.of(pair("x", 1, 1)));
    try (var answer = engine.inference().inferAndWait(asked, FakeEngine.LIMIT)) {
      return answer.outputs().getFirst().data().getFloat(0);
    }
  }
}
