package dev.millrace.serving.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.runtime.ModelRuntimes;
import dev.millrace.serving.runtime.RuntimeSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Threads that a model starts for itself must not keep the priority of its load. */
class OwnThreadsPriorityTest {
  private static final Path TASKS = Path.of("/proc/self/task");

  /** In a thread's stat, counted from the end of the name, which may hold blanks. */
  private static final int NICENESS = 17;

  @TempDir Path folder;

  @Test
  @EnabledOnOs(OS.LINUX)
  void runAtThePriorityOfRequests() throws Exception {
    var before = threads();
    try (var engine = new FakeEngine(ModelRuntimes.installed()::forFile, threeThreads())) {
      engine.catalog().firstRoundOver();
      engine.rollout().serve(identity());
      FakeEngine.await(() -> engine.catalog().ready("m", null));
      // The system knows a thread that ended a little longer than Java does.
      await()
          .untilAsserted(
              () ->
                  assertThat(startedSince(before))
                      .isNotEmpty()
                      .noneMatch(OwnThreadsPriorityTest::yields));
    }
  }

  private static Set<Path> startedSince(Set<Path> before) throws IOException {
    var started = threads();
    started.removeAll(before);
    return started;
  }

  private static ModelSettings threeThreads() {
    var defaults = ModelSettings.defaults();
    return new ModelSettings(
        defaults.placement(),
        new RuntimeSettings(0, 3, Map.of(), Map.of()),
        defaults.scheduling(),
        defaults.cacheBytes(),
        defaults.weight(),
        defaults.consistencyTolerance());
  }

  private Candidate identity() {
    var file = FixtureModels.identity(folder);
    return new Candidate(
        "m",
        "1",
        "fixture",
        () -> new ServablePackage(file, List.of(), null, GoldenExamples.NONE, List.of()));
  }

  private static Set<Path> threads() throws IOException {
    try (var tasks = Files.list(TASKS)) {
      return tasks.collect(Collectors.toSet());
    }
  }

  /** One that ended meanwhile does not. */
  private static boolean yields(Path task) {
    try {
      var stat = Files.readString(task.resolve("stat"));
      return stat.substring(stat.lastIndexOf(')') + 1).split(" ", -1)[NICENESS].equals("19");
    } catch (IOException _) {
      return false;
    }
  }
}
