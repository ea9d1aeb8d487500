package dev.millrace.loadtest.bench;

import static dev.millrace.loadtest.bench.Table.number;

import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.generator.Arrivals;
import dev.millrace.loadtest.generator.Generator;
import dev.millrace.loadtest.generator.Measurement;
import dev.millrace.loadtest.generator.Plan;
import dev.millrace.loadtest.traffic.Protocol;
import dev.millrace.loadtest.traffic.Target;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A light model at a constant rate: alone, then while a heavy one loads, warms up and unloads in a
 * loop. Once with the server on one processor, where the loads take what the light model needs, and
 * once with it on all.
 */
final class IsolationBench {
  private static final double GOAL = 1.2;
  private static final int RATE = 500;
  private static final int CALLERS = 64;

  private final BenchPlan plan;
  private final ServiceSetup setup;
  private final PrintStream terminal;
  private final Table table =
      new Table(
          "server on",
          "loads",
          "steady p50 ms",
          "steady p99 ms",
          "p99 ms meanwhile",
          "ratio",
          "goal",
          "");
  private long errors;

  IsolationBench(BenchPlan plan, ServiceSetup setup, PrintStream terminal) {
    this.plan = plan;
    this.setup = setup.with("MILLRACE_MODEL_CONTROL", "explicit");
    this.terminal = terminal;
  }

  Section run() throws Exception {
    measure("one processor", setup);
    if (!plan.isQuick()) {
      measure("all processors", setup.unpinned());
    }
    return new Section(table.toString(), errors);
  }

  private void measure(String layout, ServiceSetup layoutSetup) throws Exception {
    terminal.println("  server on " + layout);
    var light = FixtureModel.LENET5;
    try (var service = ServedFixtures.start(layoutSetup, List.of(light, heavyModel()));
        var api = service.api()) {
      api.load(light.modelName());
      var target = service.target(light.sample(), Protocol.BINARY);
      Meter.warm(target, List.of(8), plan.warmUp());
      // What the generator and the service compile the first time is not what is measured.
      besideLoads(api, target);
      var steady = constant(target);
      row(layout, steady, besideLoads(api, target));
    }
  }

  private FixtureModel heavyModel() {
    return plan.isQuick() ? FixtureModel.MLP : FixtureModel.RESNET18;
  }

  private Beside besideLoads(ServiceApi api, Target target) throws Exception {
    var heavy = new HeavyLoop(api, heavyModel().modelName());
    Thread.ofPlatform().name("heavy-loop").start(heavy.task);
    var measured = constant(target);
    return new Beside(measured, heavy.stop());
  }

  /** What was measured while so many loads went on. */
  private record Beside(Measurement measured, int loads) {}

  private Measurement constant(Target target) {
    var cell = new Plan(new Arrivals.Constant(RATE), CALLERS, plan.cell(), plan.scenario());
    return Generator.run(target, cell);
  }

  private void row(String layout, Measurement steady, Beside beside) {
    var meanwhile = beside.measured();
    errors += steady.errors() + meanwhile.errors();
    var ratio = meanwhile.millisAt(99) / steady.millisAt(99);
    table.row(
        layout,
        Integer.toString(beside.loads()),
        number("%.3f", steady.millisAt(50)),
        number("%.3f", steady.millisAt(99)),
        number("%.3f", meanwhile.millisAt(99)),
        number("%.2f", ratio),
        number("%.1f", GOAL),
        Table.verdict(ratio, GOAL));
  }

  /** Loads and unloads until it is stopped. */
  private static final class HeavyLoop implements Callable<Integer> {
    private final FutureTask<Integer> task = new FutureTask<>(this);
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final ServiceApi api;
    private final String model;

    HeavyLoop(ServiceApi api, String model) {
      this.api = api;
      this.model = model;
    }

    @Override
    public Integer call() throws Exception {
      var loads = 0;
      for (; !stopped.get(); loads++) {
        api.load(model);
        api.unload(model);
      }
      return loads;
    }

    int stop() throws Exception {
      stopped.set(true);
      return task.get();
    }
  }
}
