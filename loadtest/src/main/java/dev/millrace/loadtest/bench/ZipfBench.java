package dev.millrace.loadtest.bench;

import static dev.millrace.loadtest.bench.Table.number;

import dev.millrace.loadtest.fixture.FixtureModel;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.HdrHistogram.Histogram;

/**
 * Many registered models, few of them loaded, and one caller who asks for them as a Zipf
 * distribution says. A request that waited for a load says so in its `Server-Timing`.
 */
final class ZipfBench {
  private static final FixtureModel MODEL = FixtureModel.MLP;
  private static final double GOAL_PERCENT = 2;
  private static final long SEED = 4;
  private static final int QUICK = 20;
  private static final int ENOUGH_REQUESTS = 5;

  private final ServiceSetup setup;
  private final PrintStream terminal;
  private final int models;
  private final int loaded;
  private final Histogram coldNanos = new Histogram(3);

  ZipfBench(BenchPlan plan, ServiceSetup setup, PrintStream terminal) {
    this.terminal = terminal;
    models = plan.isQuick() ? 1_000 / QUICK : 1_000;
    loaded = plan.isQuick() ? 5 : 50;
    this.setup =
        setup
            .with("MILLRACE_MAX_LOADED_MODELS", Integer.toString(loaded))
            .with("MILLRACE_MODEL_CONTROL", "explicit");
  }

  Section run() throws IOException, InterruptedException {
    try (var service = ServedFixtures.start(setup, this::write);
        var api = service.api()) {
      for (var model = 0; model < models; model++) {
        api.load(name(model));
      }
      terminal.printf("  %d models after %d s%n", models, service.age().toSeconds());
      var ideal = new IdealLru(loaded);
      // The same state in both after this, whatever the service had loaded at first.
      var settling = ZipfTrace.of(models, models, SEED + 1);
      for (var model : settling) {
        var _ = hit(api, model);
        var _ = ideal.hit(model);
      }
      coldNanos.reset();
      var trace = ZipfTrace.of(models, ENOUGH_REQUESTS * models, SEED);
      var hits = 0;
      for (var model : trace) {
        hits += hit(api, model) ? 1 : 0;
      }
      var idealHits = Arrays.stream(trace).filter(ideal::hit).count();
      return new Section(table(trace.length, hits, idealHits), 0);
    }
  }

  private boolean hit(ServiceApi api, int model) throws IOException, InterruptedException {
    var start = System.nanoTime();
    var answer = api.infer(MODEL.sample().to(name(model)));
    var waited = answer.headers().firstValue("server-timing").orElse("").contains("load;dur=");
    if (waited) {
      coldNanos.recordValue(System.nanoTime() - start);
    }
    return !waited;
  }

  /** One file under many names. */
  private void write(Path folder) throws IOException {
    var file = MODEL.writeInto(folder, name(0));
    for (var model = 1; model < models; model++) {
      var version = Files.createDirectories(folder.resolve(name(model)).resolve("1"));
      Files.createLink(version.resolve(file.getFileName()), file);
    }
  }

  private static String name(int model) {
    return MODEL.modelName() + "-" + model;
  }

  private String table(int requests, int hits, long idealHits) {
    var difference = Math.abs(1 - hits / (double) idealHits) * 100;
    var table =
        new Table(
            "models",
            "loaded",
            "requests",
            "hits %",
            "ideal LRU %",
            "differ by %",
            "goal %",
            "",
            "cold p50 ms",
            "cold p99 ms");
    table.row(
        Integer.toString(models),
        Integer.toString(loaded),
        Integer.toString(requests),
        number("%.2f", 100.0 * hits / requests),
        number("%.2f", 100.0 * idealHits / requests),
        number("%.2f", difference),
        number("%.0f", GOAL_PERCENT),
        Table.verdict(difference, GOAL_PERCENT),
        number("%.1f", coldNanos.getValueAtPercentile(50) / 1e6),
        number("%.1f", coldNanos.getValueAtPercentile(99) / 1e6));
    return table.toString();
  }
}
