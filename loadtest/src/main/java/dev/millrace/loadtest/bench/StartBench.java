package dev.millrace.loadtest.bench;

import static dev.millrace.loadtest.bench.Table.number;
import static dev.millrace.loadtest.bench.Table.verdict;

import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.process.Processors;
import dev.millrace.loadtest.traffic.Protocol;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;

/** Starts the service on all models, anew for each protocol, and looks at its first moments. */
final class StartBench {
  private static final int CALLERS = 8;
  private static final double START_GOAL_SECONDS = 1.5;
  private static final double MEMORY_GOAL_MIB = 400;
  private static final double COLD_GOAL = 4;
  private static final double MEBIBYTE = 1 << 20;

  private final BenchPlan plan;
  private final ServiceSetup setup;
  private final PrintStream terminal;
  private final Table table = new Table("first traffic", "figure", "measured", "goal", "");
  private long errors;

  StartBench(BenchPlan plan, ServiceSetup setup, PrintStream terminal) {
    this.plan = plan;
    this.setup = setup;
    this.terminal = terminal;
  }

  Section run() throws Exception {
    warmGenerator();
    for (var protocol : plan.isQuick() ? List.of(Protocol.BINARY) : List.of(Protocol.values())) {
      terminal.println("  start for " + protocol.label());
      measure(protocol);
    }
    return new Section(table.toString(), errors);
  }

  /** A cold client would send little in the first second, and the server seem dear. */
  private void warmGenerator() throws Exception {
    try (var service = ServedFixtures.loaded(setup, List.of(FixtureModel.MLP))) {
      service.awaitReady();
      for (var protocol : Protocol.values()) {
        var target = service.target(FixtureModel.MLP.sample(), protocol);
        Meter.warm(target, List.of(CALLERS), plan.warmUp());
      }
    }
  }

  private void measure(Protocol protocol) throws Exception {
    var all = plan.isQuick() ? plan.models() : List.of(FixtureModel.values());
    try (var service = ServedFixtures.loaded(setup, all);
        var api = service.api()) {
      api.infer(FixtureModel.MLP.sample());
      var answered = service.age().toMillis() / 1e3;
      line(protocol, "start to first answer, s", "%.2f", answered, START_GOAL_SECONDS);
      service.awaitReady();
      var ready = service.age().toMillis() / 1e3;
      table.row(protocol.label(), "start to ready, s", number("%.2f", ready), "", "");
      for (var model : all) {
        api.infer(model.sample());
      }
      var resident = Processors.residentBytes(service.pid()) / MEBIBYTE;
      line(protocol, "resident memory, MiB", "%.0f", resident, MEMORY_GOAL_MIB);
      cold(service, protocol);
    }
  }

  private void cold(ServedFixtures service, Protocol protocol) throws Exception {
    var target = service.target(FixtureModel.MLP.sample(), protocol);
    var pid = service.pid();
    var first = Meter.sample(pid, target, CALLERS, Duration.ofSeconds(1), 1);
    Meter.warm(target, List.of(CALLERS), plan.warmUp());
    var warm = Meter.sample(pid, target, CALLERS, plan.cell(), 1);
    errors += first.measured().errors() + warm.measured().errors();
    var cold = first.cpuMicros() / warm.cpuMicros();
    line(protocol, "cost in the first second / warm", "%.1f", cold, COLD_GOAL);
  }

  private void line(Protocol protocol, String figure, String format, double value, double goal) {
    table.row(
        protocol.label(),
        figure,
        number(format, value),
        number("%.1f", goal),
        verdict(value, goal));
  }
}
