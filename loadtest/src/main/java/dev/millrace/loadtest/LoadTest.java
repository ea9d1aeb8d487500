package dev.millrace.loadtest;

import java.util.Arrays;
import java.util.List;

/** The command line of the load generator. */
public final class LoadTest {
  private static final String HELP =
      """
      Usage: loadtest COMMAND [OPTIONS]      (loadtest COMMAND -h explains one)

        bench      measure the service beside ONNX Runtime called directly
        load       send requests to a server that runs
        baseline   the plain Spring controller that bench compares with
      """;

  private LoadTest() {}

  /**
   * Exits with 0, 1 when requests failed or nothing could be measured, 2 when the command line is
   * wrong.
   */
  public static void main(String[] arguments) {
    System.exit(run(List.of(arguments)));
  }

  // The outermost boundary: whatever happened, the terminal gets a sentence and the shell a status.
  @SuppressWarnings("CatchAndPrintStackTrace")
  private static int run(List<String> arguments) {
    try {
      return dispatch(arguments);
    } catch (IllegalArgumentException e) {
      System.err.println("loadtest: " + e.getMessage());
      return 2;
    } catch (IllegalStateException e) {
      System.err.println("loadtest: " + e.getMessage());
      return 1;
    } catch (Exception e) {
      e.printStackTrace();
      return 1;
    }
  }

  private static int dispatch(List<String> arguments) throws Exception {
    var command = arguments.isEmpty() ? "" : arguments.getFirst();
    var rest = arguments.isEmpty() ? arguments : arguments.subList(1, arguments.size());
    if (rest.stream().anyMatch(Arrays.asList("-h", "--help")::contains)) {
      return print(help(command));
    }
    return switch (command) {
      case "bench" -> BenchCommand.run(rest);
      case "load" -> LoadCommand.run(rest);
      case "baseline" -> BaselineCommand.run(rest);
      case "-h", "--help" -> print(HELP);
      default ->
          throw new IllegalArgumentException("Command '" + command + "' does not exist.\n" + HELP);
    };
  }

  private static String help(String command) {
    return switch (command) {
      case "bench" -> BenchCommand.HELP;
      case "baseline" -> BaselineCommand.HELP;
      default -> LoadCommand.HELP;
    };
  }

  private static int print(String text) {
    System.out.print(text);
    return 0;
  }
}
