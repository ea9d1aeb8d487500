package dev.millrace.loadtest.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One of our jars as a process of its own, with its output in a file. Closing it ends it in any
 * case.
 */
public final class ServerProcess implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(10);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(40);
  private static final int LAST_LINES = 20;
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

  private static final List<String> JAVA_OPTIONS =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "-XX:+UseSerialGC",
          "-XX:+UseCompactObjectHeaders");

  private final String name;
  private final Process process;
  private final Path log;

  private ServerProcess(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /**
   * Starts {@code java -jar jar} with more environment variables. `prefix` stands before the
   * command, for example to pin it to a processor; `log` is appended to.
   */
  public static ServerProcess start(
      String name, Path jar, List<String> prefix, Map<String, String> environment, Path log) {
    return start(name, jar, prefix, JAVA_OPTIONS, environment, log);
  }

  /** The same with other options of the JVM. */
  public static ServerProcess start(
      String name,
      Path jar,
      List<String> prefix,
      List<String> javaOptions,
      Map<String, String> environment,
      Path log) {
    if (!Files.isRegularFile(jar)) {
      throw new IllegalStateException(
          "The jar of %s, '%s', does not exist. Build it with 'mvn package'.".formatted(name, jar));
    }
    var command = javaCommand(prefix, javaOptions);
    command.addAll(List.of("-jar", jar.toString()));
    return run(name, command, environment, log);
  }

  /**
   * Starts a command of this program again, in a process of its own. The system property
   * `millrace.loadtest.jar` names its jar where that is not what runs, as in tests.
   */
  public static ServerProcess again(
      String name, List<String> prefix, List<String> arguments, Path log) {
    var command = javaCommand(prefix, JAVA_OPTIONS);
    var classPath =
        System.getProperty("millrace.loadtest.jar", System.getProperty("java.class.path"));
    if (classPath.endsWith("-app.jar")) {
      command.addAll(List.of("-jar", classPath));
    } else {
      command.addAll(List.of("-cp", classPath, "dev.millrace.loadtest.LoadTest"));
    }
    command.addAll(arguments);
    return run(name, command, Map.of(), log);
  }

  private static ServerProcess run(
      String name, List<String> command, Map<String, String> environment, Path log) {
    var builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    try {
      return new ServerProcess(name, builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not start " + name + ": " + e.getMessage(), e);
    }
  }

  private static List<String> javaCommand(List<String> prefix, List<String> options) {
    var command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    return command;
  }

  /**
   * Waits until a URL answers 200; gives up, with the end of the log, when the process ends or the
   * limit is over.
   */
  public void awaitOk(URI url, Duration limit) {
    var deadline = System.nanoTime() + limit.toNanos();
    while (!answersOk(url)) {
      if (!process.isAlive()) {
        throw new IllegalStateException(
            "%s ended with %d before %s answered.%n%s"
                .formatted(name, process.exitValue(), url, lastLines()));
      }
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException(
            "%s did not answer 200 at %s within %s.%n%s".formatted(name, url, limit, lastLines()));
      }
      waitForExit(POLL);
    }
  }

  private static boolean answersOk(URI url) {
    var request = HttpRequest.newBuilder(url).timeout(Duration.ofSeconds(5)).build();
    try {
      return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException _) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting for " + url, e);
    }
  }

  /** Process id. */
  public long pid() {
    return process.pid();
  }

  /** Whether it runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Sends SIGTERM, waits and returns the exit status; what does not end within 40 s is killed. */
  public int stop() {
    process.destroy();
    if (!waitForExit(STOP_LIMIT)) {
      kill();
      throw new IllegalStateException(
          "%s did not end within %s of SIGTERM and was killed.%n%s"
              .formatted(name, STOP_LIMIT, lastLines()));
    }
    return process.exitValue();
  }

  /** Sends SIGKILL and waits until it is gone. */
  public void kill() {
    process.destroyForcibly();
    waitForExit(STOP_LIMIT);
  }

  /** The end of its output. */
  public String lastLines() {
    try {
      var lines = Files.readAllLines(log);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
    } catch (IOException e) {
      return "(its log " + log + " cannot be read: " + e.getMessage() + ")";
    }
  }

  private boolean waitForExit(Duration limit) {
    try {
      return process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
      throw new IllegalStateException("Interrupted while waiting for " + name, e);
    }
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      kill();
    }
  }
}
