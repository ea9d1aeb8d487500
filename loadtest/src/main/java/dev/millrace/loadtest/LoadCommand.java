package dev.millrace.loadtest;

import dev.millrace.loadtest.generator.Arrivals;
import dev.millrace.loadtest.generator.Generator;
import dev.millrace.loadtest.generator.Measurement;
import dev.millrace.loadtest.generator.Plan;
import dev.millrace.loadtest.traffic.ModelInputs;
import dev.millrace.loadtest.traffic.Protocol;
import dev.millrace.loadtest.traffic.Target;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** `load`: sends requests to any server that speaks the Open Inference Protocol. */
final class LoadCommand {
  static final String HELP =
      """
      Usage: loadtest load --url http://HOST:PORT --model NAME [OPTIONS]

      Asks the server for the model's inputs and sends one row of fitting random values over and over.

        --url URL         HTTP port of the server, or its gRPC port with --protocol grpc
        --model NAME      the model
        --protocol NAME   json, binary (default) or grpc
        --callers N       requests in flight at most, 8
        --rate N          requests per second at equal distances; without it, each caller sends when it was answered
        --seconds N       measured time, 10
        --warm-up N       seconds before it, 2
      """;

  private LoadCommand() {}

  static int run(List<String> arguments) throws IOException, InterruptedException {
    var options =
        Options.parse(
            arguments,
            Set.of(
                "--url", "--model", "--protocol", "--callers", "--rate", "--seconds", "--warm-up"),
            Set.of());
    var protocol = Protocol.named(options.text("--protocol").orElse("binary"));
    var server = URI.create(options.required("--url"));
    var sample = ModelInputs.sample(protocol, server, options.required("--model"));
    var measured = Generator.run(new Target(protocol, server, sample), plan(options));
    print(measured);
    return measured.errors() > 0 ? 1 : 0;
  }

  private static Plan plan(Options options) {
    Arrivals arrivals =
        options.has("--rate")
            ? new Arrivals.Constant(options.number("--rate", 0))
            : new Arrivals.Saturating();
    return new Plan(
        arrivals,
        options.number("--callers", 8),
        Duration.ofSeconds(options.number("--warm-up", 2)),
        Duration.ofSeconds(options.number("--seconds", 10)));
  }

  private static void print(Measurement measured) {
    System.out.printf(
        Locale.ROOT,
        "%.0f requests/s, p50 %.3f ms, p99 %.3f ms, p99.9 %.3f ms, longest %.3f ms, %d errors%n",
        measured.perSecond(),
        measured.millisAt(50),
        measured.millisAt(99),
        measured.millisAt(99.9),
        measured.millisAt(100),
        measured.errors());
    if (measured.firstFailure() != null) {
      System.out.println("First failure: " + measured.firstFailure());
    }
  }
}
