package dev.millrace.serving;

import dev.millrace.serving.config.ServingProcess;

/** The process that serves models. */
public final class ServingApplication {
  private ServingApplication() {}

  /** Takes its settings from the environment; docs/configuration.md has them. */
  public static void main(String[] arguments) {
    ServingProcess.run(arguments);
  }
}
