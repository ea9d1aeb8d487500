package dev.millrace.loadtest;

import ai.onnxruntime.OrtException;
import dev.millrace.loadtest.bench.Bench;
import dev.millrace.loadtest.bench.BenchPlan;
import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.traffic.Protocol;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** `bench`: the service on fixture models beside ONNX Runtime called directly. */
final class BenchCommand {
  static final String HELP =
      """
      Usage: ./millrace bench [OPTIONS]

      Starts the service on two fixture models (tiny: one linear layer; lenet5: a network of LeNet-5's size), pinned to one
      processor with the load on another, and measures each protocol with 1, 8 and 64 callers that send as fast as they are
      answered, then at half the highest rate with constant arrivals (latency counted from when a request was due). ONNX
      Runtime called directly, on one thread with one row, is measured in the same run; the last two columns compare.
      CPU us is the server's processor time per answer.

        --quick            only tiny, 1 s per line: shows that everything works, not how fast
        --models LIST      tiny,lenet5
        --protocols LIST   json,binary,grpc
        --callers LIST     1,8,64
        --seconds N        time per line, 3
        --warm-up N        seconds before each model and protocol, 6
        --out FILE         also writes the table there, as Markdown
        --service-jar FILE service/target/millrace-service-app.jar
      """;

  private BenchCommand() {}

  static int run(List<String> arguments) throws IOException, InterruptedException, OrtException {
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
                "--models",
                "--protocols",
                "--callers",
                "--seconds",
                "--warm-up",
                "--out",
                "--service-jar"),
            Set.of("--quick"));
    var quick = options.has("--quick");
    return new BenchPlan(
        Path.of(options.text("--service-jar").orElse("service/target/millrace-service-app.jar")),
        options.list("--models", quick ? "tiny" : "tiny,lenet5", FixtureModel::named),
        options.list("--protocols", "json,binary,grpc", Protocol::named),
        options.list("--callers", "1,8,64", text -> Options.number("--callers", text)),
        Duration.ofSeconds(options.number("--warm-up", quick ? 1 : 6)),
        Duration.ofSeconds(options.number("--seconds", quick ? 1 : 3)),
        options.text("--out").map(Path::of).orElse(null));
  }
}
