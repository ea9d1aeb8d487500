package dev.millrace.loadtest.bench;

import static dev.millrace.loadtest.bench.Table.number;
import static dev.millrace.loadtest.bench.Table.verdict;

import dev.millrace.loadtest.generator.Arrivals;
import dev.millrace.loadtest.generator.Plan;
import java.io.IOException;
import java.io.PrintStream;

/** Offers a model with a latency goal twice what it can answer within that goal. */
final class OverloadBench {
  private static final double FACTOR = 2;
  private static final double GOODPUT_GOAL = 0.9;

  private final BenchPlan plan;
  private final ServiceSetup setup;
  private final PrintStream terminal;

  OverloadBench(BenchPlan plan, ServiceSetup setup, PrintStream terminal) {
    this.plan = plan;
    this.setup = setup;
    this.terminal = terminal;
  }

  Section run() throws IOException {
    try (var service = GoalService.start(plan, setup)) {
      var capacity = service.capacity();
      var offered = FACTOR * capacity;
      terminal.printf("  capacity %.0f/s, offering %.0f/s%n", capacity, offered);
      var load =
          new Plan(
              new Arrivals.Constant(offered),
              GoalService.MOST_CALLERS,
              plan.warmUp(),
              plan.scenario());
      var sampled = service.measure(load);
      var failures = sampled.measured().counts().failures();
      return new Section(table(capacity, offered, sampled), failures);
    }
  }

  static String table(double capacity, double offered, Sampled sampled) {
    var measured = sampled.measured();
    var goodput = measured.perSecondWithin(GoalService.GOAL);
    double goalMillis = GoalService.GOAL.toMillis();
    var table = new Table("model", "figure", "measured", "goal", "");
    var model = GoalService.description();
    table.row(model, "capacity, answers/s within the goal", number("%.0f", capacity), "", "");
    table.row(model, "offered/s", number("%.0f", offered), "", "");
    table.row(model, "refused/s", number("%.0f", offered - measured.perSecond()), "", "");
    table.row(
        model,
        "goodput / capacity",
        number("%.2f", goodput / capacity),
        number("%.1f", GOODPUT_GOAL),
        verdict(GOODPUT_GOAL, goodput / capacity));
    var slowest = measured.answeredMillisAt(99);
    table.row(
        model,
        "p99 of accepted requests, ms",
        number("%.1f", slowest),
        number("%.0f", goalMillis),
        verdict(slowest, goalMillis));
    table.row(model, "load busy, %", number("%.0f", sampled.loadBusy() * 100), "", "");
    return table.toString();
  }
}
