package dev.millrace.loadtest.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.loadtest.fixture.FixtureModel;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The benchmark against the real service, short: that it measures and that nothing fails, not how
 * fast it is.
 */
@Timeout(240)
class BenchIT {
  private static final Duration SHORT = Duration.ofMillis(300);

  @TempDir Path folder;

  @Test
  void makesEveryTableWithoutErrors() throws Exception {
    var out = folder.resolve("table.md");
    var terminal = new ByteArrayOutputStream();
    var plan =
        new BenchPlan(
            Path.of(System.getProperty("millrace.service.jar", "not set")),
            List.of("--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Xmx1g"),
            EnumSet.allOf(Part.class),
            List.of(FixtureModel.MLP),
            1,
            SHORT,
            SHORT,
            SHORT,
            out);
    var errors = Bench.run(plan, new PrintStream(terminal, true, UTF_8));
    assertThat(errors).as(terminal.toString(UTF_8)).isZero();
    assertThat(out).content().contains("| mlp ", "| plain Spring ", "| binary ");
    // Three protocols and the baseline, each with three numbers of callers.
    assertThat(
            terminal
                .toString(UTF_8)
                .lines()
                .filter(line -> line.startsWith("| mlp ") && line.contains(" %")))
        .hasSize(3 * 4);
  }
}
