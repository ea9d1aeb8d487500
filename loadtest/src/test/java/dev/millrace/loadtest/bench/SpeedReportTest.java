package dev.millrace.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.loadtest.bench.Cell.Server;
import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.generator.Counts;
import dev.millrace.loadtest.generator.Latencies;
import dev.millrace.loadtest.generator.Measurement;
import dev.millrace.loadtest.generator.Timeline;
import dev.millrace.loadtest.traffic.Protocol;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class SpeedReportTest {
  private static final Cell MANY = new Cell(FixtureModel.MLP, Server.MILLRACE, Protocol.BINARY, 64);

  @Test
  void printsMediansBesideGoalAndTriton() {
    var rounds = List.of(sampled(14, 2), sampled(18, 2), sampled(99, 2));
    assertThat(row(MANY, rounds))
        .containsExactly(
            "mlp", "binary", "64", "2", "1.000", "2.001", "2.0 ok", "18.0", "1.80", "1.50", "short",
            "4.00", "50 %", "3");
  }

  @Test
  void aWideSpreadWithManyCallersIsShortOfItsGoal() {
    assertThat(row(MANY, List.of(sampled(14, 8)))).contains("8.0 short", "ok");
  }

  @Test
  void theBaselineHasNoGoal() {
    var cell = new Cell(FixtureModel.MLP, Server.BASELINE, Protocol.JSON, 64);
    assertThat(row(cell, List.of(sampled(210, 8)))).contains("plain Spring", "21.00", "8.0");
    assertThat(Goal.of(cell)).isEmpty();
  }

  @Test
  void aGeneratorThatHadNoTimeLeftIsSaidToBoundTheRate() {
    var busy = new Sampled(sampled(14, 2).measured(), 14, 10, 0.97);
    assertThat(row(MANY, List.of(busy))).contains("97 %, bound");
  }

  @Test
  void theMedianOfAnEvenNumberOfRoundsIsBetweenTheMiddleOnes() {
    var rounds = List.of(sampled(10, 2), sampled(20, 2), sampled(30, 2), sampled(90, 2));
    assertThat(Sampled.median(rounds, Sampled::cpuMicros)).isEqualTo(25);
  }

  @Test
  void directCallsAreListedWithTheirRange() {
    var direct = Map.of(FixtureModel.MLP, List.of(direct(12), direct(10), direct(14)));
    assertThat(cells(new SpeedReport(direct, Map.of()).yardsticks(), 2))
        .containsExactly("mlp", "12.0", "0.010", "0.020", "10.0", "14.0");
  }

  private static DirectRun.Result direct(double micros) {
    return new DirectRun.Result(100_000, 0.01, 0.02, micros, List.of());
  }

  private static List<String> row(Cell cell, List<Sampled> rounds) {
    return cells(new SpeedReport(Map.of(), Map.of(cell, rounds)).table(), 2);
  }

  private static Sampled sampled(double cpuMicros, int slowMillis) {
    var nanos = new Histogram(3);
    nanos.recordValueWithCount(1_000_000, 50);
    nanos.recordValueWithCount(slowMillis * 1_000_000L, 50);
    var measured = measurement(nanos);
    return new Sampled(measured, cpuMicros, 10, 0.5);
  }

  private static Measurement measurement(Histogram nanos) {
    var timeline = new Latencies(nanos, nanos, new Timeline(0, 0));
    return new Measurement(new Counts(4, 0, 1), Duration.ofSeconds(2), timeline, "HTTP 500: no");
  }

  private static List<String> cells(String table, int line) {
    return Arrays.stream(table.lines().toList().get(line).split("\\|", -1))
        .map(String::strip)
        .filter(cell -> !cell.isEmpty())
        .toList();
  }
}
