package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.fixture.FixtureModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prints what was measured as a Markdown table that is also aligned for reading in a terminal. */
final class BenchReport {
  private final Map<FixtureModel, DirectRun.Result> direct;
  private final List<BenchLine> lines;

  BenchReport(Map<FixtureModel, DirectRun.Result> direct, List<BenchLine> lines) {
    this.direct = direct;
    this.lines = lines;
  }

  String table() {
    var rows = new ArrayList<String>(List.of(header(), header().replaceAll("[^|]", "-")));
    direct.forEach(
        (model, result) -> {
          rows.add(direct(model, result));
          lines.stream().filter(line -> line.model() == model).map(this::served).forEach(rows::add);
        });
    return String.join("\n", rows) + "\n";
  }

  private static String header() {
    return row(
        "model",
        "protocol",
        "load",
        "req/s",
        "p50 ms",
        "p99 ms",
        "errors",
        "CPU us",
        "req/s/direct",
        "CPU/direct");
  }

  private static String direct(FixtureModel model, DirectRun.Result result) {
    return row(
        model.modelName(),
        "direct",
        "one thread",
        number("%.0f", result.perSecond()),
        number("%.3f", result.p50Millis()),
        number("%.3f", result.p99Millis()),
        "0",
        number("%.1f", result.cpuMicros()),
        "1.00",
        "1.00");
  }

  private String served(BenchLine line) {
    var measured = line.measured();
    var yardstick = direct.get(line.model());
    if (yardstick == null) {
      throw new IllegalStateException("No direct run of " + line.model());
    }
    return row(
        line.model().modelName(),
        line.protocol().label(),
        line.load(),
        number("%.0f", measured.perSecond()),
        number("%.3f", measured.millisAt(50)),
        number("%.3f", measured.millisAt(99)),
        Long.toString(measured.errors()),
        number("%.1f", line.cpuMicros()),
        number("%.2f", measured.perSecond() / yardstick.perSecond()),
        number("%.2f", line.cpuMicros() / yardstick.cpuMicros()));
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private static String row(Object... cells) {
    return String.format(
        Locale.ROOT, "| %-6s | %-8s | %-14s | %9s | %8s | %8s | %6s | %8s | %12s | %10s |", cells);
  }
}
