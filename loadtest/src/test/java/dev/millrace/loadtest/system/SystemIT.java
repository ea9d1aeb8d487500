package dev.millrace.loadtest.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.loadtest.system.Callers.Observation;
import dev.millrace.loadtest.system.MillraceSystem.Part;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole promise at once: models change under load and nobody notices. */
@Timeout(900)
class SystemIT {
  private static final int PICTURES = 64;

  /** Each is better than the one before, by much more than the gate asks. */
  private static final List<Map<String, Integer>> RETRAININGS =
      List.of(
          Map.of("epochs", 1, "trainImages", 1_000),
          Map.of("epochs", 1, "trainImages", 4_000),
          Map.of("epochs", 3, "trainImages", 8_000));

  @TempDir Path home;
  @TempDir Path packages;

  @Test
  void threeModelsArePromotedUnderLoadAndNoRequestFails() throws Exception {
    try (var system = new MillraceSystem(home)) {
      system.startAll();
      var trainings = new Trainings(system.url(Part.TRAINER));
      promote(trainings, Map.of("epochs", 1, "trainImages", 200));
      system.awaitModel("digits");
      loadWhilePromoting(system, trainings);
      theServedChampionIsAsGoodAsTheStoreSays(system);
      assertThat(system.stop(Part.SERVICE)).as("exit status after SIGTERM").isZero();
    }
  }

  private void loadWhilePromoting(MillraceSystem system, Trainings trainings) throws Exception {
    var digits = Digits.heldOut();
    try (var live = LiveVersions.watch(system.url(Part.SERVICE));
        var callers = Callers.start(system, digits, PICTURES)) {
      RETRAININGS.forEach(overrides -> promote(trainings, overrides));
      awaitAnswersOf(system, callers);
      var observations = callers.stop();
      assertThat(callers.failures()).isEmpty();
      assertThat(live.failures()).isEmpty();
      assertThat(live.inOrder()).containsExactly("1", "2", "3", "4");
      assertThat(observations).filteredOn(seen -> !wasLive(live, seen)).isEmpty();
      everyAnswerIsItsVersionsOwn(system, digits, observations);
      assertThat(observations)
          .extracting(Observation::protocol)
          .contains("REST JSON", "REST binary", "gRPC");
      assertThat(observations)
          .extracting(seen -> seen.answer().version())
          .contains("1", "2", "3", "4");
    }
  }

  private static void promote(Trainings trainings, Map<String, Integer> overrides) {
    var report = trainings.run(overrides);
    assertThat(report.path("state").asString()).as(report.toString()).isEqualTo("PROMOTED");
  }

  /** Until the last version serves and has answered many. */
  private static void awaitAnswersOf(MillraceSystem system, Callers callers) {
    system
        .process(Part.SERVICE)
        .awaitOk(
            URI.create(system.url(Part.SERVICE) + "/v2/models/digits/versions/4/ready"),
            Duration.ofSeconds(60));
    var before = callers.answers();
    Await.until("500 more answers", Duration.ofSeconds(60), () -> callers.answers() > before + 500);
  }

  private static boolean wasLive(LiveVersions live, Observation seen) {
    return live.mayHaveBeenLive(seen.answer().version(), seen.sentNanos(), seen.receivedNanos());
  }

  private void everyAnswerIsItsVersionsOwn(
      MillraceSystem system, Digits digits, List<Observation> observations) {
    var models = new ReferenceModels(system.store(), packages, digits.pictures(0, PICTURES));
    assertThat(observations)
        .filteredOn(seen -> !(models.difference(seen.answer(), seen.picture()) <= 1e-5))
        .isEmpty();
  }

  private static void theServedChampionIsAsGoodAsTheStoreSays(MillraceSystem system)
      throws Exception {
    var champion = system.store().versionByAlias("digits", "champion").orElseThrow();
    assertThat(champion.version()).isEqualTo("4");
    assertThat(champion.tag("millrace.verdict")).contains("promoted");
    var run = system.store().run(Objects.requireNonNull(champion.runId()));
    var logged = run.data().metric("heldout_accuracy").orElseThrow().value();
    assertThat(logged).isGreaterThan(0.9);
    assertThat(servedAccuracy(RestClient.json(system.url(Part.SERVICE))))
        .isCloseTo(logged, within(1e-9));
  }

  private static double servedAccuracy(InferClient client) throws Exception {
    var digits = Digits.heldOut();
    var right = 0L;
    for (var from = 0; from < digits.count(); from += 50) {
      right += right(client, digits, from, Math.min(50, digits.count() - from));
    }
    return (double) right / digits.count();
  }

  private static long right(InferClient client, Digits digits, int from, int count)
      throws IOException, InterruptedException {
    var probabilities = client.infer(digits.pictures(from, count)).probabilities();
    return IntStream.range(0, count)
        .filter(row -> likeliest(row, probabilities::get) == digits.label(from + row))
        .count();
  }

  private static int likeliest(int row, IntToDoubleFunction probability) {
    return IntStream.range(0, 10)
        .reduce(
            0,
            (best, label) ->
                probability.applyAsDouble(row * 10 + label)
                        > probability.applyAsDouble(row * 10 + best)
                    ? label
                    : best);
  }
}
