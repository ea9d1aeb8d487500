package dev.millrace.loadtest.bench;

import static dev.millrace.loadtest.bench.Table.number;
import static dev.millrace.loadtest.bench.Table.verdict;

import dev.millrace.loadtest.generator.Arrivals;
import dev.millrace.loadtest.generator.Plan;
import dev.millrace.loadtest.generator.Timeline;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;

/** A third of what the server can do, ten times that for 5 s, and then as before. */
final class BurstBench {
  private static final double STEADY_SHARE = 0.3;
  private static final double FACTOR = 10;
  private static final double GOAL_SECONDS = 2;

  private final BenchPlan plan;
  private final ServiceSetup setup;
  private final PrintStream terminal;

  BurstBench(BenchPlan plan, ServiceSetup setup, PrintStream terminal) {
    this.plan = plan;
    this.setup = setup;
    this.terminal = terminal;
  }

  Section run() throws IOException {
    try (var service = GoalService.start(plan, setup)) {
      var rate = STEADY_SHARE * service.capacity();
      terminal.printf("  %.0f/s, burst of %.0f/s%n", rate, FACTOR * rate);
      var steady = windows(plan.scenario());
      var burst = windows(plan.scenario().dividedBy(2));
      var sampled = service.measure(load(rate, steady, burst));
      var p99 = sampled.measured().latencies().timeline().millisAt(99);
      var recovery = Recovery.of(p99, steady, steady + burst);
      return new Section(table(rate, recovery, sampled), sampled.measured().counts().failures());
    }
  }

  private Plan load(double rate, int steady, int burst) {
    var before = plan.cell().plus(Timeline.WINDOW.multipliedBy(steady));
    var length = Timeline.WINDOW.multipliedBy(burst);
    var arrivals = new Arrivals.Burst(new Arrivals.Constant(rate), FACTOR, before, length);
    // As long after the burst as before it.
    var measured = Timeline.WINDOW.multipliedBy(2L * steady + burst);
    return new Plan(arrivals, GoalService.MOST_CALLERS, plan.cell(), measured);
  }

  /** At least two, which is what it takes to see that latency is back. */
  private static int windows(Duration time) {
    return Math.max(2, (int) time.dividedBy(Timeline.WINDOW));
  }

  static String table(double rate, Recovery recovery, Sampled sampled) {
    var table = new Table("model", "figure", "measured", "goal", "");
    var model = GoalService.description();
    table.row(model, "usual load, requests/s", number("%.0f", rate), "", "");
    table.row(model, "usual p99 of 250 ms, ms", number("%.1f", recovery.usual()), "", "");
    table.row(
        model,
        "p99 of accepted requests, burst and all, ms",
        number("%.1f", sampled.measured().answeredMillisAt(99)),
        "",
        "");
    table.row(model, "refused", Long.toString(sampled.measured().counts().refusals()), "", "");
    table.row(
        model,
        "p99 back at 1.5 times the usual after, s",
        number("%.2f", recovery.seconds()),
        number("%.0f", GOAL_SECONDS),
        verdict(recovery.seconds(), GOAL_SECONDS));
    table.row(
        model,
        "the same without a burst, longest, s",
        number("%.2f", recovery.undisturbed()),
        "",
        "");
    table.row(model, "load busy, %", number("%.0f", sampled.loadBusy() * 100), "", "");
    return table.toString();
  }
}
