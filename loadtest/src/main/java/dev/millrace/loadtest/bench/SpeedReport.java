package dev.millrace.loadtest.bench;

import static dev.millrace.loadtest.bench.Table.number;

import dev.millrace.loadtest.fixture.FixtureModel;
import java.util.List;
import java.util.Map;

/** The speed tables: medians over the rounds beside the goals. */
final class SpeedReport {
  /** Callers at which the spread of latency has a goal, and that goal. */
  private static final int MANY_CALLERS = 64;

  private static final double SPREAD_GOAL = 3;

  /** Above this the generator may be what bounds the rate. */
  private static final double BUSY_LOAD = 0.9;

  private final Map<FixtureModel, List<DirectRun.Result>> direct;
  private final Map<Cell, List<Sampled>> cells;

  SpeedReport(Map<FixtureModel, List<DirectRun.Result>> direct, Map<Cell, List<Sampled>> cells) {
    this.direct = direct;
    this.cells = cells;
  }

  /** One direct inference of each model. */
  String yardsticks() {
    var table = new Table("model", "direct CPU us", "p50 ms", "p99 ms", "lowest us", "highest us");
    direct.forEach(
        (model, rounds) -> {
          var cpu = rounds.stream().mapToDouble(DirectRun.Result::cpuMicros).sorted().toArray();
          table.row(
              model.modelName(),
              number("%.1f", cpu[cpu.length / 2]),
              number("%.3f", rounds.getFirst().p50Millis()),
              number("%.3f", rounds.getFirst().p99Millis()),
              number("%.1f", cpu[0]),
              number("%.1f", cpu[cpu.length - 1]));
        });
    return table.toString();
  }

  String table() {
    var table =
        new Table(
            "model",
            "route",
            "callers",
            "req/s",
            "p50 ms",
            "p99 ms",
            "p99/p50",
            "CPU us",
            "x direct",
            "reach",
            "",
            "Triton",
            "load busy",
            "errors");
    cells.forEach((cell, rounds) -> table.row(row(cell, rounds)));
    return table.toString();
  }

  private static String[] row(Cell cell, List<Sampled> rounds) {
    var multiple = Sampled.median(rounds, Sampled::multiple);
    var goal = Goal.of(cell);
    return new String[] {
      cell.model().modelName(),
      cell.route(),
      Integer.toString(cell.callers()),
      number("%.0f", Sampled.median(rounds, round -> round.measured().perSecond())),
      number("%.3f", Sampled.median(rounds, round -> round.measured().millisAt(50))),
      number("%.3f", Sampled.median(rounds, round -> round.measured().millisAt(99))),
      spread(cell, Sampled.median(rounds, Sampled::spread)),
      number("%.1f", Sampled.median(rounds, Sampled::cpuMicros)),
      number("%.2f", multiple),
      goal.map(known -> number("%.2f", known.reach())).orElse(""),
      goal.map(known -> Table.verdict(multiple, known.reach())).orElse(""),
      goal.map(known -> number("%.2f", known.triton())).orElse(""),
      busy(Sampled.median(rounds, Sampled::loadBusy)),
      Long.toString(rounds.stream().mapToLong(round -> round.measured().errors()).sum())
    };
  }

  private static String spread(Cell cell, double spread) {
    var figure = number("%.1f", spread);
    return cell.callers() == MANY_CALLERS && Goal.of(cell).isPresent()
        ? figure + " " + Table.verdict(spread, SPREAD_GOAL)
        : figure;
  }

  private static String busy(double share) {
    return number("%.0f %%", share * 100) + (share > BUSY_LOAD ? ", bound" : "");
  }
}
