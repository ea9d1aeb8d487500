package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.bench.Cell.Server;
import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.process.Processors;
import dev.millrace.loadtest.traffic.Protocol;
import dev.millrace.loadtest.traffic.Target;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Serves fixture models with the real service and measures them by every protocol, beside direct
 * calls and beside the plain Spring controller.
 */
final class SpeedBench {
  private final BenchPlan plan;
  private final ServiceSetup setup;
  private final Processors processors;
  private final PrintStream terminal;
  private final Map<FixtureModel, List<DirectRun.Result>> direct =
      new EnumMap<>(FixtureModel.class);
  private final Map<Cell, List<Sampled>> cells = new LinkedHashMap<>();

  SpeedBench(BenchPlan plan, ServiceSetup setup, Processors processors, PrintStream terminal) {
    this.plan = plan;
    this.setup = setup;
    this.processors = processors;
    this.terminal = terminal;
  }

  Section run() throws Exception {
    try (var service = ServedFixtures.start(setup, plan.models());
        var baselines = BaselineServers.start(plan.models(), service, processors)) {
      for (var model : plan.models()) {
        warm(model, service, baselines);
      }
      for (var round = 1; round <= plan.rounds(); round++) {
        terminal.printf("  round %d of %d%n", round, plan.rounds());
        for (var model : plan.models()) {
          round(model, service, baselines);
        }
      }
    }
    var report = new SpeedReport(direct, cells);
    var errors =
        cells.values().stream()
            .flatMap(List::stream)
            .mapToLong(sample -> sample.measured().errors())
            .sum();
    return new Section(report.yardsticks() + "\n" + report.table(), errors);
  }

  private void warm(FixtureModel model, ServedFixtures service, BaselineServers baselines)
      throws Exception {
    terminal.println("  warming " + model.modelName());
    try (var api = service.api()) {
      api.requireSameAnswer(model.sample(), directly(model, service).output());
    }
    for (var protocol : Protocol.values()) {
      Meter.warm(service.target(model.sample(), protocol), plan.callers(model), plan.warmUp());
    }
    for (var target : baselines.target(model).stream().toList()) {
      Meter.warm(target, plan.callers(model), plan.warmUp());
    }
  }

  private void round(FixtureModel model, ServedFixtures service, BaselineServers baselines)
      throws Exception {
    var yardstick = directly(model, service);
    direct.computeIfAbsent(model, _ -> new ArrayList<>()).add(yardstick);
    for (var callers : plan.callers(model)) {
      for (var protocol : Protocol.values()) {
        var target = service.target(model.sample(), protocol);
        var cell = new Cell(model, Server.MILLRACE, protocol, callers);
        sample(cell, service.pid(), target, yardstick.cpuMicros());
      }
      for (var target : baselines.target(model).stream().toList()) {
        var cell = new Cell(model, Server.BASELINE, Protocol.JSON, callers);
        sample(cell, baselines.pid(model), target, yardstick.cpuMicros());
      }
    }
  }

  private DirectRun.Result directly(FixtureModel model, ServedFixtures service) throws Exception {
    var warmUp = plan.cell().dividedBy(2);
    return processors.onServerProcessor(
        () -> DirectRun.measure(model, service.file(model), warmUp, plan.cell()));
  }

  private void sample(Cell cell, long pid, Target target, double directMicros) throws IOException {
    var sample = Meter.sample(pid, target, cell.callers(), plan.cell(), directMicros);
    cells.computeIfAbsent(cell, _ -> new ArrayList<>()).add(sample);
    if (sample.measured().firstFailure() != null) {
      terminal.printf("  %s: %s%n", cell, sample.measured().firstFailure());
    }
  }
}
