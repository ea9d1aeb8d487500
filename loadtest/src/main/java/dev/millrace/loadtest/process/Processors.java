package dev.millrace.loadtest.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * Keeps server and load on processors of their own, where Linux and two processors allow it.
 * Closing it lets this process run everywhere again.
 */
public final class Processors implements AutoCloseable {
  private static final String SERVER = "0";
  private static final String LOAD = "1";
  private static final long TICKS_PER_SECOND = 100;
  private static final int USER_TICKS = 11;
  private static final int SYSTEM_TICKS = 12;

  private final int processors;
  private final boolean pinned;

  private Processors() {
    processors = Runtime.getRuntime().availableProcessors();
    pinned = processors > 1 && pin(LOAD);
  }

  /** Pins this process, all its threads, to the load's processor. */
  public static Processors separate() {
    return new Processors();
  }

  private static boolean pin(String processors) {
    var pid = Long.toString(ProcessHandle.current().pid());
    return succeeds("taskset", "-apc", processors, pid);
  }

  @Override
  public void close() {
    if (pinned) {
      pin("0-" + (processors - 1));
    }
  }

  /** What stands before the command of a server, so that it runs on its own processor. */
  public List<String> serverPrefix() {
    return pinned ? List.of("taskset", "-c", SERVER) : List.of();
  }

  /**
   * Runs a task on a thread of its own that is pinned to the server's processor, and waits for it:
   * what it measures has the same caches and the same neighbours as the server.
   */
  public <T> T onServerProcessor(Callable<T> task) throws Exception {
    var future =
        new FutureTask<T>(
            () -> {
              if (pinned) {
                // Links to PID/task/TID of the thread that looks.
                var thread = Files.readSymbolicLink(Path.of("/proc/thread-self"));
                succeeds("taskset", "-pc", SERVER, thread.getFileName().toString());
              }
              return task.call();
            });
    Thread.ofPlatform().name("on-server-processor").start(future);
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  /** How this run is laid out, as a sentence for the report. */
  public String description() {
    return pinned
        ? "Server on processor " + SERVER + ", load and direct calls on processor " + LOAD + "."
        : "Server and load are not pinned (one processor, or no taskset): they take time from each"
            + " other, and the figures say little.";
  }

  /** Processor time a process has used so far, user and system, in steps of 10 ms. */
  public static Duration cpuTime(long pid) throws IOException {
    var stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    // The command's name is in parentheses and may itself hold spaces and parentheses.
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    var ticks = Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS]);
    return Duration.ofMillis(ticks * 1_000 / TICKS_PER_SECOND);
  }

  /** Memory of a process that is in RAM now, in bytes. */
  public static long residentBytes(long pid) throws IOException {
    var status = Files.readString(Path.of("/proc", Long.toString(pid), "status"));
    var kibibytes = status.substring(status.indexOf("VmRSS:")).split("\\s+", 3)[1];
    return Long.parseLong(kibibytes) * 1_024;
  }

  private static boolean succeeds(String... command) {
    try {
      var process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(5, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException _) {
      return false;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
