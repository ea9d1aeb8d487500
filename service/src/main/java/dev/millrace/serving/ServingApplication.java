package dev.millrace.serving;

import dev.millrace.serving.config.ConfigCommand;
import dev.millrace.serving.config.ServingProcess;
import java.util.List;

/** The process that serves models. */
public final class ServingApplication {
  private ServingApplication() {}

  /**
   * Serves, with settings from the environment, which docs/configuration.md has; or writes with
   * {@code config DIR} the configurations of models.
   */
  public static void main(String[] arguments) {
    if (arguments.length > 0 && arguments[0].equals("config")) {
      var folder = List.of(arguments).subList(1, arguments.length);
      System.exit(ConfigCommand.run(folder, System.out, System.err));
    }
    ServingProcess.run(arguments);
  }
}
