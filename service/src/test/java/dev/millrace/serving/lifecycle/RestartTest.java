package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeEngine.await;
import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.fake.FakeEngine;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that starts anew with more models than may be loaded. */
class RestartTest {
  private static final int MODELS = 40;
  private static final int ROOM = 4;

  @TempDir Path known;

  @Test
  void loadsOnlyWhatHasRoomOfWhatItLoadedBefore() {
    start(
        engine -> {
          offerAll(engine);
          assertThat(engine.runtime().opened()).hasSize(MODELS);
        });
    start(
        engine -> {
          offerAll(engine);
          assertThat(engine.runtime().opened()).hasSize(ROOM);
          engine.catalog().firstRoundOver();
          assertThat(engine.catalog().serverReady()).isTrue();
          for (int i = 0; i < MODELS; i++) {
            assertThat(engine.catalog().describe("m" + i, "1").signature().inputs()).hasSize(1);
            assertThat(answer(engine, "m" + i)).isEqualTo(i);
          }
        });
  }

  @Test
  void loadsNoMoreWhereAllAreOfferedAtOnce() {
    start(RestartTest::offerAll);
    start(
        engine -> {
          var offers =
              IntStream.range(0, MODELS)
                  .mapToObj(
                      i ->
                          CompletableFuture.runAsync(
                              () -> engine.rollout().offer(List.of(model(i))),
                              Thread::startVirtualThread))
                  .toArray(CompletableFuture<?>[]::new);
          CompletableFuture.allOf(offers).join();
          assertThat(engine.runtime().opened()).hasSize(ROOM);
        });
  }

  @Test
  void describesAModelThatItDidNotLoadAsIfItHad() {
    start(
        engine -> {
          offerAll(engine);
          engine.rollout().serve(candidate("m39", "1", "39"));
        });
    start(
        engine -> {
          offerAll(engine);
          var asleep = engine.catalog().describe("m39", null);
          assertThat(engine.catalog().whereabouts("m39", null).instances()).isZero();
          assertThat(answer(engine, "m39")).isEqualTo(39);
          assertThat(engine.catalog().whereabouts("m39", null).instances()).isOne();
          assertThat(engine.catalog().describe("m39", null)).isEqualTo(asleep);
        });
  }

  @Test
  void loadsWhatChangedMeanwhile() {
    start(RestartTest::offerAll);
    start(
        engine -> {
          offerAll(engine);
          int before = engine.runtime().opened().size();
          engine.rollout().offer(List.of(candidate("m38", "2", "7")));
          engine.rollout().offer(List.of(candidate("new", "1", "8")));
          assertThat(engine.runtime().opened()).hasSize(before + 2);
          assertThat(answer(engine, "m38")).isEqualTo(7);
        });
  }

  @Test
  void loadsWhatFailedTheLastTimeThoughItWasKnown() {
    start(
        engine -> {
          offerAll(engine);
          assertThatThrownBy(() -> engine.rollout().serve(candidate("m39", "2", "no number")))
              .hasMessageContaining("it holds no number");
        });
    start(
        engine -> {
          offerAll(engine);
          assertThat(engine.runtime().opened()).hasSize(ROOM + 1);
        });
  }

  @Test
  void loadsWhenItIsToldTo() {
    start(RestartTest::offerAll);
    start(
        engine -> {
          offerAll(engine);
          engine.rollout().serve(candidate("m39", "1", "39"));
          assertThat(engine.catalog().whereabouts("m39", null).instances()).isOne();
        });
  }

  private void start(Consumer<FakeEngine> process) {
    var limits = new PlacementLimits(0, 1, ROOM, 10, FakeEngine.LIMIT);
    try (var engine = FakeEngine.remembering(known, limits)) {
      process.accept(engine);
      await(() -> engine.runtime().openNow() <= ROOM);
    }
  }

  private static void offerAll(FakeEngine engine) {
    for (int i = 0; i < MODELS; i++) {
      engine.rollout().offer(List.of(model(i)));
    }
  }

  private static Candidate model(int number) {
    return candidate("m" + number, "1", Integer.toString(number));
  }

  private static float answer(FakeEngine engine, String model) {
    try (var answer = engine.inference().inferAndWait(request(model, 1, 2), FakeEngine.LIMIT)) {
      return answer.outputs().getFirst().data().getFloat(0);
    }
  }
}
