package dev.millrace.loadtest;

import dev.millrace.loadtest.baseline.PlainServer;
import java.util.List;
import java.util.Set;

/** `baseline`: the plain Spring controller that the benchmark compares with. */
final class BaselineCommand {
  static final String HELP =
      """
      Usage: loadtest baseline --model FILE --port PORT

      Serves one ONNX model from a plain Spring controller: JSON of the Open Inference Protocol, one session call a request.
      """;

  private BaselineCommand() {}

  static int run(List<String> arguments) throws InterruptedException {
    var options = Options.parse(arguments, Set.of("--model", "--port"), Set.of());
    PlainServer.start(
        options.required("--model"), Options.number("--port", options.required("--port")));
    // Spring's threads serve from here; SIGTERM ends the process.
    Thread.currentThread().join();
    return 0;
  }
}
