package dev.millrace.loadtest.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.loadtest.system.MillraceSystem.Part;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** SIGKILL for each process in turn. One system goes through all of it, as a real one would. */
@Timeout(600)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RecoveryIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final MillraceSystem system;
  private final Digits digits;
  private final Path folder;

  RecoveryIT(@TempDir Path folder) throws Exception {
    this.folder = folder;
    system = new MillraceSystem(Files.createDirectories(folder.resolve("home")));
    digits = Digits.heldOut();
  }

  @BeforeAll
  void startAndTrainTwice() {
    system.startAll();
    promote(Map.of("epochs", 1, "trainImages", 200));
    promote(Map.of("epochs", 1, "trainImages", 1_500));
    system.awaitModel("digits");
    awaitServed("2");
  }

  @AfterAll
  void stopAll() {
    system.close();
  }

  @Test
  @Order(1)
  void theStoreLosesNothingAndTheServiceAnswersWithoutIt() throws Exception {
    var before = StoreContents.of(system.store(), 2);
    try (var callers = Callers.start(system, digits, 16)) {
      system.kill(Part.STORE);
      awaitAnswers(callers);
      system.start(Part.STORE);
      awaitAnswers(callers);
      callers.stop();
      assertThat(callers.failures()).isEmpty();
    }
    assertThat(StoreContents.of(system.store(), 2)).isEqualTo(before);
    StoreContents.requireIntactPackages(system.store(), before, folder.resolve("intact"));
    assertThat(champion()).isEqualTo("2");
  }

  @Test
  @Order(2)
  void aTrainerKilledInTheMiddleOfATrainingLeavesFinishedRunsAlone() throws Exception {
    var before = StoreContents.of(system.store(), 2);
    var trainings = trainings();
    try (var callers = Callers.start(system, digits, 16)) {
      var id = trainings.start(Map.of("epochs", 16));
      Await.until("first epoch", LIMIT, () -> trainings.report(id).path("epoch").asInt(0) >= 1);
      system.kill(Part.TRAINER);
      awaitAnswers(callers);
      system.start(Part.TRAINER);
      awaitAnswers(callers);
      callers.stop();
      assertThat(callers.failures()).isEmpty();
    }
    assertThat(StoreContents.of(system.store(), 2)).isEqualTo(before);
  }

  @Test
  @Order(3)
  void theServiceServesTheSameVersionAgain() throws Exception {
    var before = ask();
    system.kill(Part.SERVICE);
    system.start(Part.SERVICE);
    system.awaitModel("digits");
    assertThat(ask()).isEqualTo(before);
  }

  @Test
  @Order(4)
  void theServiceServesFromItsCacheWhileTheStoreIsDown() throws Exception {
    var before = ask();
    system.kill(Part.STORE);
    system.kill(Part.SERVICE);
    system.start(Part.SERVICE);
    system.awaitModel("digits");
    assertThat(ask()).isEqualTo(before);
    system.start(Part.STORE);
    assertThat(champion()).isEqualTo("2");
  }

  @Test
  @Order(5)
  void afterAllThatATrainingIsStillPromotedAndServed() {
    var report = trainings().run(Map.of("epochs", 2, "trainImages", 6_000));
    assertThat(report.path("state").asString()).as(report.toString()).isEqualTo("PROMOTED");
    awaitServed(champion());
  }

  private Trainings trainings() {
    return new Trainings(system.url(Part.TRAINER));
  }

  private void promote(Map<String, Integer> overrides) {
    var report = trainings().run(overrides);
    assertThat(report.path("state").asString()).as(report.toString()).isEqualTo("PROMOTED");
  }

  private String champion() {
    return system.store().versionByAlias("digits", "champion").orElseThrow().version();
  }

  private Answer ask() throws Exception {
    return RestClient.json(system.url(Part.SERVICE)).infer(digits.picture(0));
  }

  private void awaitServed(String version) {
    var url = system.url(Part.SERVICE) + "/v2/models/digits/versions/" + version + "/ready";
    system.process(Part.SERVICE).awaitOk(URI.create(url), LIMIT);
  }

  private static void awaitAnswers(Callers callers) {
    var before = callers.answers();
    Await.until("200 more answers", LIMIT, () -> callers.answers() > before + 200);
  }
}
