package dev.millrace.loadtest.bench;

import ai.onnxruntime.OrtException;
import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.generator.Arrivals;
import dev.millrace.loadtest.generator.Generator;
import dev.millrace.loadtest.generator.Measurement;
import dev.millrace.loadtest.generator.Plan;
import dev.millrace.loadtest.process.Processors;
import dev.millrace.loadtest.traffic.Protocol;
import dev.millrace.loadtest.traffic.Sample;
import dev.millrace.loadtest.traffic.Target;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Serves fixture models with the real service and measures them by every protocol, beside direct
 * calls.
 */
public final class Bench {
  /** Share of the highest rate at which the open loop runs: busy, but not past the knee. */
  private static final double OPEN_LOOP_SHARE = 0.5;

  private final BenchPlan plan;
  private final PrintStream terminal;
  private final Processors processors;
  private final Map<FixtureModel, DirectRun.Result> direct = new EnumMap<>(FixtureModel.class);
  private final List<BenchLine> lines = new ArrayList<>();

  private Bench(BenchPlan plan, PrintStream terminal, Processors processors) {
    this.plan = plan;
    this.processors = processors;
    this.terminal = terminal;
  }

  /** Runs the benchmark, prints its table and returns how many requests failed. */
  public static long run(BenchPlan plan, PrintStream terminal)
      throws IOException, InterruptedException, OrtException {
    try (var processors = Processors.separate()) {
      var bench = new Bench(plan, terminal, processors);
      bench.measure();
      return bench.report();
    }
  }

  private void measure() throws IOException, InterruptedException, OrtException {
    terminal.println(processors.description());
    try (var service = ServedFixtures.start(plan, processors)) {
      for (var model : plan.models()) {
        terminal.println("Measuring " + model.modelName() + " ...");
        var input = Sample.picture(model.modelName()).inputs().getFirst();
        var result = DirectRun.measure(service.file(model), input, plan.warmUp(), plan.cell());
        service.requireSameAnswer(model, result.output());
        direct.put(model, result);
        for (var protocol : plan.protocols()) {
          measure(service, model, protocol);
        }
      }
    }
  }

  private void measure(ServedFixtures service, FixtureModel model, Protocol protocol)
      throws IOException {
    var target = service.target(model, protocol);
    Generator.run(target, saturating(8, plan.warmUp()));
    for (var callers : plan.callers()) {
      var load = callers == 1 ? "1 caller" : callers + " callers";
      line(service, target, model, load, saturating(callers, plan.cell()));
    }
    var highest = lines.getLast().measured().perSecond();
    var most = plan.callers().stream().max(Comparator.naturalOrder()).orElseThrow();
    var rate = Math.max(1, Math.round(highest * OPEN_LOOP_SHARE));
    var open = new Plan(new Arrivals.Constant(rate), most, Duration.ZERO, plan.cell());
    line(service, target, model, "open " + rate + "/s", open);
  }

  private void line(
      ServedFixtures service, Target target, FixtureModel model, String load, Plan cell)
      throws IOException {
    var before = Processors.cpuTime(service.pid());
    var measured = Generator.run(target, cell);
    var used = Processors.cpuTime(service.pid()).minus(before);
    lines.add(
        new BenchLine(model, target.protocol(), load, measured, microsPerAnswer(used, measured)));
    if (measured.firstFailure() != null) {
      terminal.printf("  %s, %s: %s%n", target.protocol().label(), load, measured.firstFailure());
    }
  }

  private static double microsPerAnswer(Duration used, Measurement measured) {
    return used.toNanos() / 1e3 / Math.max(1, measured.answers() + measured.errors());
  }

  private static Plan saturating(int callers, Duration duration) {
    return new Plan(new Arrivals.Saturating(), callers, Duration.ZERO, duration);
  }

  private long report() throws IOException {
    var table = new BenchReport(direct, lines).table();
    terminal.print("\n" + table);
    if (plan.out() != null) {
      Files.writeString(plan.out(), processors.description() + "\n\n" + table);
    }
    return lines.stream().mapToLong(line -> line.measured().errors()).sum();
  }
}
