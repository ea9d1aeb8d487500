package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.process.Processors;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Starts the real service, measures it part by part, prints the tables and writes the document. */
public final class Bench {
  private final BenchPlan plan;
  private final PrintStream terminal;
  private final Processors processors;

  private Bench(BenchPlan plan, PrintStream terminal, Processors processors) {
    this.plan = plan;
    this.processors = processors;
    this.terminal = terminal;
  }

  /** Runs the benchmark, prints its tables and returns how many requests failed unexpectedly. */
  public static long run(BenchPlan plan, PrintStream terminal) throws Exception {
    try (var processors = Processors.separate()) {
      return new Bench(plan, terminal, processors).run();
    }
  }

  private long run() throws Exception {
    terminal.println(processors.description());
    var sections = new EnumMap<Part, String>(Part.class);
    var errors = 0L;
    for (var part : plan.parts()) {
      terminal.printf("%n%s:%n", part.label());
      var section = measure(part);
      terminal.print("\n" + section.text());
      sections.put(part, section.text());
      errors += section.errors();
    }
    if (plan.out() != null) {
      write(plan.out(), sections);
    }
    return errors;
  }

  private Section measure(Part part) throws Exception {
    var setup =
        new ServiceSetup(
            plan.serviceJar(), plan.javaOptions(), processors.serverPrefix(), Map.of());
    return switch (part) {
      case SPEED -> new SpeedBench(plan, setup, processors, terminal).run();
      case START -> new StartBench(plan, setup, terminal).run();
      case ISOLATION -> new IsolationBench(plan, setup, terminal).run();
      case OVERLOAD -> new OverloadBench(plan, setup, terminal).run();
      case BURST -> new BurstBench(plan, setup, terminal).run();
      case ZIPF -> new ZipfBench(plan, setup, terminal).run();
      case CYCLES -> new CyclesBench(plan, setup, terminal).run();
    };
  }

  /** A document with markers keeps all text but what lies between them. */
  private void write(Path out, Map<Part, String> sections) throws IOException {
    var document =
        Files.exists(out) ? Files.readString(out) : MarkedDocument.empty(List.of(Part.values()));
    for (var section : sections.entrySet()) {
      document =
          MarkedDocument.replace(
              document,
              section.getKey().label(),
              processors.description() + "\n\n" + section.getValue());
    }
    Files.writeString(out, document);
  }
}
