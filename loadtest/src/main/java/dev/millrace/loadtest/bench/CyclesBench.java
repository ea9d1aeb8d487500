package dev.millrace.loadtest.bench;

import static dev.millrace.loadtest.bench.Table.number;

import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.process.Processors;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;

/**
 * Loads and unloads a model many times and compares resident memory, block after block: what comes
 * once, such as compiled code, shows in the first, and a leak in all. Some cycles go before the
 * first look.
 */
final class CyclesBench {
  private static final double GOAL_PERCENT = 2;
  private static final double MEBIBYTE = 1 << 20;
  private static final int BLOCKS = 3;
  private static final int CYCLES = 500;
  private static final int SETTLING = 100;
  private static final int QUICK_CYCLES = 5;

  private final ServiceSetup setup;
  private final PrintStream terminal;
  private final int settling;
  private final int cycles;

  CyclesBench(BenchPlan plan, ServiceSetup setup, PrintStream terminal) {
    this.setup = setup.with("MILLRACE_MODEL_CONTROL", "explicit");
    this.terminal = terminal;
    settling = plan.isQuick() ? QUICK_CYCLES : SETTLING;
    cycles = plan.isQuick() ? QUICK_CYCLES : CYCLES;
  }

  Section run() throws IOException, InterruptedException {
    var table = new Table("cycles", "resident MiB before", "after", "grown by %", "goal %", "");
    try (var service = ServedFixtures.start(setup, List.of(FixtureModel.LENET5));
        var api = service.api()) {
      cycle(api, settling);
      var before = Processors.residentBytes(service.pid()) / MEBIBYTE;
      for (var block = 0; block < BLOCKS; block++) {
        terminal.printf("  %d to %d cycles%n", block * cycles, (block + 1) * cycles);
        cycle(api, cycles);
        var after = Processors.residentBytes(service.pid()) / MEBIBYTE;
        var grown = (after / before - 1) * 100;
        table.row(
            "%d to %d".formatted(block * cycles, (block + 1) * cycles),
            number("%.1f", before),
            number("%.1f", after),
            number("%.1f", grown),
            number("%.0f", GOAL_PERCENT),
            Table.verdict(grown, GOAL_PERCENT));
        before = after;
      }
    }
    return new Section(table.toString(), 0);
  }

  private static void cycle(ServiceApi api, int times) throws IOException, InterruptedException {
    for (var count = 0; count < times; count++) {
      api.load(FixtureModel.LENET5.modelName());
      api.unload(FixtureModel.LENET5.modelName());
    }
  }
}
