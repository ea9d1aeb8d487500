package dev.millrace.trainer.command;

import dev.millrace.trainer.retraining.ProgressLine;
import dev.millrace.trainer.training.EpochResult;
import dev.millrace.trainer.training.Progress;
import java.io.PrintStream;
import java.util.Locale;

/**
 * Progress on a terminal: one line that is written over; elsewhere one line every two seconds. One
 * thread.
 */
public final class ConsoleLine implements ProgressLine {
  private static final long TERMINAL_NANOS = 100_000_000;
  private static final long FILE_NANOS = 2_000_000_000;

  private final PrintStream out;
  private final boolean terminal;
  private long nextAtNanos = System.nanoTime();

  /** How lines are ended. */
  public enum Kind {
    /** Written over by the next. */
    TERMINAL,
    /** Kept. */
    FILE;

    /** What this process writes to. */
    @SuppressWarnings("SystemConsoleNull") // It is null in JDK 25 where input or output is a file.
    public static Kind ofStandardOutput() {
      var console = System.console();
      return console != null && console.isTerminal() ? TERMINAL : FILE;
    }
  }

  /** Progress that goes to a stream. */
  public ConsoleLine(PrintStream out, Kind kind) {
    this.out = out;
    this.terminal = kind == Kind.TERMINAL;
  }

  @Override
  public void step(Progress progress) {
    long now = System.nanoTime();
    if (now - nextAtNanos >= 0) {
      nextAtNanos = now + (terminal ? TERMINAL_NANOS : FILE_NANOS);
      out.printf(Locale.ROOT, terminal ? "\r  %-90s" : "  %s%n", progress.line());
      out.flush();
    }
  }

  @Override
  public void epoch(Progress progress, EpochResult result) {
    out.printf(
        Locale.ROOT,
        "%s  %s  held out %.2f %%%n",
        terminal ? "\r" : "",
        progress.line(),
        result.heldOutAccuracy() * 100);
  }

  @Override
  public void activity(String activity) {
    out.println(Character.toUpperCase(activity.charAt(0)) + activity.substring(1) + " ...");
  }
}
