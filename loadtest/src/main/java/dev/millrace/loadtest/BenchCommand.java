package dev.millrace.loadtest;

import dev.millrace.loadtest.bench.Bench;
import dev.millrace.loadtest.bench.BenchPlan;
import dev.millrace.loadtest.bench.Part;
import dev.millrace.loadtest.fixture.FixtureModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** `bench`: the service on fixture models beside ONNX Runtime called directly. */
final class BenchCommand {
  static final String HELP =
      """
      Usage: ./millrace bench [OPTIONS]

      Starts the service on models the benchmark writes itself (mlp, lenet5, minilm, resnet18), pinned to one processor with
      the load on another, and prints for each protocol and number of callers the server's processor time per answer, in
      microseconds and in multiples of one direct ONNX Runtime call on the server's processor, beside the goal and Triton's
      figure. Then start, memory, and the scenarios: isolation, overload, burst, many models, load-unload cycles.

        --quick            a second per figure: shows that everything works, not how fast
        --parts LIST       speed,start,isolation,overload,burst,zipf,cycles
        --models LIST      mlp,lenet5,minilm,resnet18 (of part speed)
        --rounds N         of part speed, of which medians are printed, 3
        --seconds N        time per line and round, 3
        --warm-up N        seconds before each model and protocol, once, 15
        --out FILE         also writes the tables there, between its markers when it has them
        --service-jar FILE service/target/millrace-service-app.jar

      MILLRACE_BENCH_JAVA_OPTIONS holds the options of the service's JVM; './millrace bench' sets those of './millrace serve'.
      """;

  private static final String JAVA_OPTIONS =
      "--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC"
          + " -XX:+UseCompactObjectHeaders -Xmx1g";
  private static final int SCENARIO_SECONDS = 10;

  private BenchCommand() {}

  static int run(List<String> arguments) throws Exception {
    var errors = Bench.run(plan(arguments), System.out);
    if (errors > 0) {
      System.err.println("bench: " + errors + " requests failed.");
    }
    return errors > 0 ? 1 : 0;
  }

  static BenchPlan plan(List<String> arguments) {
    var options =
        Options.parse(
            arguments,
            Set.of(
                "--parts",
                "--models",
                "--rounds",
                "--seconds",
                "--warm-up",
                "--out",
                "--service-jar"),
            Set.of("--quick"));
    var quick = options.has("--quick");
    return new BenchPlan(
        Path.of(options.text("--service-jar").orElse("service/target/millrace-service-app.jar")),
        javaOptions(),
        EnumSet.copyOf(options.list("--parts", Part.all(), Part::named)),
        options.list("--models", quick ? "mlp" : "mlp,lenet5,minilm,resnet18", FixtureModel::named),
        options.number("--rounds", quick ? 1 : 3),
        Duration.ofSeconds(options.number("--warm-up", quick ? 1 : 15)),
        Duration.ofSeconds(options.number("--seconds", quick ? 1 : 3)),
        Duration.ofSeconds(quick ? 1 : SCENARIO_SECONDS),
        options.text("--out").map(Path::of).orElse(null));
  }

  private static List<String> javaOptions() {
    var given = System.getenv("MILLRACE_BENCH_JAVA_OPTIONS");
    return List.of((given == null ? JAVA_OPTIONS : given).strip().split("\\s+"));
  }
}
