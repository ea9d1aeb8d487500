package dev.millrace.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.generator.Measurement;
import dev.millrace.loadtest.traffic.Protocol;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class BenchReportTest {
  private static final DirectRun.Result DIRECT =
      new DirectRun.Result(10_000, 0.1, 0.2, 100, List.of());

  @Test
  void comparesEachLineWithTheDirectCalls() {
    var line = new BenchLine(FixtureModel.TINY, Protocol.BINARY, "8 callers", measured(), 150);
    var rows = rows(new BenchReport(Map.of(FixtureModel.TINY, DIRECT), List.of(line)).table());
    assertThat(rows.get(2))
        .containsExactly(
            "tiny",
            "direct",
            "one thread",
            "10000",
            "0.100",
            "0.200",
            "0",
            "100.0",
            "1.00",
            "1.00");
    assertThat(rows.get(3))
        .containsExactly(
            "tiny", "binary", "8 callers", "20000", "2.001", "2.001", "3", "150.0", "2.00", "1.50");
  }

  @Test
  void isAMarkdownTable() {
    var table = new BenchReport(Map.of(FixtureModel.TINY, DIRECT), List.of()).table();
    var lines = table.lines().toList();
    assertThat(lines.get(1)).matches("(\\|-+)+\\|");
    assertThat(lines).allSatisfy(line -> assertThat(line).hasSameSizeAs(lines.getFirst()));
  }

  private static Measurement measured() {
    var nanos = new Histogram(3);
    nanos.recordValue(2_000_000);
    return new Measurement(40_000, 3, Duration.ofSeconds(2), nanos, "HTTP 500: no");
  }

  private static List<List<String>> rows(String table) {
    return table.lines().map(BenchReportTest::cells).toList();
  }

  private static List<String> cells(String line) {
    return Arrays.stream(line.substring(1).split("\\|", -1))
        .map(String::strip)
        .filter(cell -> !cell.isEmpty())
        .toList();
  }
}
