package dev.millrace.trainer.command;

import dev.millrace.trainer.retraining.Recipe;
import dev.millrace.trainer.retraining.RetrainingReport;
import dev.millrace.trainer.retraining.Retrainings;
import java.io.PrintStream;
import java.time.Duration;

/** Trains one recipe in the foreground. */
public final class TrainCommand {
  private static final Duration LIMIT = Duration.ofDays(7);

  private final Retrainings retrainings;
  private final PrintStream out;

  /** A command that prints its result to a stream. */
  public TrainCommand(Retrainings retrainings, PrintStream out) {
    this.retrainings = retrainings;
    this.out = out;
  }

  /**
   * Trains, publishes, prints version and verdict; the answer is the exit code: 0, or 1 when it
   * failed.
   */
  public int run(Recipe recipe) throws InterruptedException {
    var started = retrainings.start(recipe);
    var ended = retrainings.await(started.id(), LIMIT);
    if (ended.isEmpty()) {
      out.println("The training goes on after " + LIMIT + "; giving up.");
      return 1;
    }
    return print(ended.get());
  }

  private int print(RetrainingReport report) {
    switch (report.state()) {
      case PROMOTED, REJECTED ->
          out.printf(
              "Version %s of model '%s' (run %s).%n%s%n",
              report.version(), report.recipe().model(), report.runId(), report.reason());
      case FAILED, CANCELLED, QUEUED, RUNNING ->
          out.printf("The training ended as %s: %s%n", report.state(), report.error());
    }
    return report.version() != null && report.error() == null ? 0 : 1;
  }
}
