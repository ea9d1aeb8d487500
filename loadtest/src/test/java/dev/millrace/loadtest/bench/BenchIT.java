package dev.millrace.loadtest.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.traffic.Protocol;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The benchmark against the real service, short: that it measures and that nothing fails, not how
 * fast it is.
 */
@Timeout(180)
class BenchIT {
  @TempDir Path folder;

  @Test
  void measuresEveryProtocolWithoutErrors() throws Exception {
    var out = folder.resolve("table.md");
    var terminal = new ByteArrayOutputStream();
    var plan =
        new BenchPlan(
            Path.of(System.getProperty("millrace.service.jar", "not set")),
            List.of(FixtureModel.TINY, FixtureModel.LENET5),
            List.of(Protocol.values()),
            List.of(1, 8),
            Duration.ofMillis(300),
            Duration.ofMillis(300),
            out);
    var errors = Bench.run(plan, new PrintStream(terminal, true, UTF_8));
    assertThat(errors).as(terminal.toString(UTF_8)).isZero();
    // Per model: direct, and three protocols with two numbers of callers and an open loop.
    assertThat(out).content().contains("| tiny ", "| lenet5 ");
    assertThat(terminal.toString(UTF_8).lines().filter(line -> line.startsWith("| ")))
        .hasSize(1 + 2 * (1 + 3 * 3));
  }
}
