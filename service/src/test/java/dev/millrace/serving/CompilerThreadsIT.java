package dev.millrace.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.fixture.FixtureModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@EnabledOnOs(OS.LINUX)
class CompilerThreadsIT {
  /** Counted from the end of the name, which is in parentheses and may hold blanks. */
  private static final int NICENESS = 17;

  @Test
  void compilesAtALowerPriorityThanItServes(@TempDir Path folder) throws IOException {
    var models = folder.resolve("models");
    FixtureModels.slow(Files.createDirectories(models.resolve("slow").resolve("1")), 20);
    try (var service = ServiceProcess.start(folder, Map.of("MILLRACE_MODELS", models.toString()))) {
      service.awaitVersion();
      var stats = service.threadStats();
      assertThat(stats)
          .filteredOn(stat -> stat.contains(" CompilerThre"))
          .isNotEmpty()
          .allSatisfy(stat -> assertThat(niceness(stat)).isEqualTo(5));
      assertThat(stats)
          .filteredOn(stat -> stat.contains("http-loop"))
          .isNotEmpty()
          .allSatisfy(stat -> assertThat(niceness(stat)).isZero());
    }
  }

  private static int niceness(String stat) {
    return Integer.parseInt(stat.substring(stat.lastIndexOf(')')).split(" ", -1)[NICENESS]);
  }
}
