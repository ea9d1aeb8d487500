package dev.millrace.serving.config;

import dev.millrace.serving.repository.ConfigPrinter;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The command that writes the configurations of models, and serves nothing. */
public final class ConfigCommand {
  private static final int WRONG_USAGE = 2;

  private ConfigCommand() {}

  /**
   * Runs it.
   *
   * @param arguments the directory
   * @return the exit status: 0, 1 where a model cannot be opened or there is none, 2 for wrong
   *     arguments
   */
  public static int run(List<String> arguments, PrintStream out, PrintStream errors) {
    if (arguments.size() != 1) {
      errors.println("millrace: 'config' wants one directory, of models or of one model.");
      return WRONG_USAGE;
    }
    var folder = Path.of(arguments.getFirst());
    if (!Files.isDirectory(folder)) {
      errors.printf("millrace: '%s' is not a directory.%n", folder);
      return 1;
    }
    try {
      return new ConfigPrinter(out, errors).print(folder) ? 0 : 1;
    } catch (IOException e) {
      errors.printf("millrace: '%s' cannot be read: %s%n", folder, e.getMessage());
      return 1;
    }
  }
}
