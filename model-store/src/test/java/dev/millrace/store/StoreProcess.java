package dev.millrace.store;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The store as a process of its own, on a port of its own, which a test kills. */
final class StoreProcess {
  private static final Pattern PORT = Pattern.compile("Store is ready: .* port=(\\d+)");
  private static final int LIMIT_SECONDS = 60;

  private final Process process;
  private final URI uri;

  private StoreProcess(Process process, URI uri) {
    this.process = process;
    this.uri = uri;
  }

  /**
   * JVM options that make starts of the packaged store quicker, after a start that is recorded
   * here. None where the classes lie in folders, which the JVM does not record.
   */
  static String[] recordStart(Path folder) throws IOException {
    if (Stream.of(classPath().split(File.pathSeparator, -1))
        .anyMatch(e -> Files.isDirectory(Path.of(e)))) {
      return new String[0];
    }
    var cache = folder.resolve("start.aot");
    var recorded = start(folder, "-XX:AOTCacheOutput=" + cache);
    recorded.stop();
    return Files.exists(cache)
        ? new String[] {"-XX:AOTCache=" + cache, "-Xlog:aot*=off", "-Xlog:cds*=off"}
        : new String[0];
  }

  /** Starts a store whose state lies in this folder, and waits until it is ready. */
  static StoreProcess start(Path home, String... jvmOptions) throws IOException {
    return start(command(home, jvmOptions));
  }

  /** Starts a store by a command, and waits until it is ready. */
  static StoreProcess start(ProcessBuilder command) throws IOException {
    var process = command.start();
    return new StoreProcess(process, URI.create("http://127.0.0.1:" + port(process)));
  }

  /** What starts a store whose state lies in this folder, as nobody has set anything else. */
  static ProcessBuilder command(Path home, String... jvmOptions) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                // Quick to start on a busy machine.
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC"));
    command.addAll(List.of(jvmOptions));
    command.addAll(List.of("-cp", classPath(), StoreApplication.class.getName()));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("MILLRACE_HOME", home.toString());
    builder.environment().put("MILLRACE_STORE_PORT", "0");
    builder.environment().put("MILLRACE_STORE_ADDRESS", "127.0.0.1");
    builder.environment().put("MILLRACE_STORE_TOKEN", "");
    builder.environment().put("MILLRACE_STORE_DATABASE", "");
    return builder;
  }

  private static int port(Process process) {
    var port = new CompletableFuture<Integer>();
    Thread.ofPlatform().daemon().start(() -> listen(process, port));
    try {
      return port.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      process.destroyForcibly();
      throw new AssertionError("The store did not become ready", e);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** To its end: what it says later must not fill the pipe. */
  private static void listen(Process process, CompletableFuture<Integer> port) {
    var said = new ArrayList<String>();
    try (var lines = process.inputReader()) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        var matcher = PORT.matcher(line);
        if (matcher.find()) {
          port.complete(Integer.parseInt(matcher.group(1)));
        } else if (!port.isDone()) {
          said.add(line);
        }
      }
    } catch (IOException _) {
      // It was killed.
    }
    port.completeExceptionally(new IOException("The store ended before it was ready: " + said));
  }

  URI uri() {
    return uri;
  }

  /** Kills it, without a chance to do anything, and waits until it is gone. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Ends it as an operator does, and answers its exit status. */
  int stop() {
    // By its handle: destroy() of the process closes the pipe, which the JVM writes to meanwhile.
    process.toHandle().destroy();
    return process.onExit().orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join().exitValue();
  }

  /** The store as it is packaged, where it has been, and without the tests. */
  private static String classPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(entry -> !entry.isEmpty() && !entry.endsWith("test-classes"))
        .map(Path::of)
        .map(entry -> packaged(entry).orElse(entry).toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** The jar beside a folder of classes; empty when there is none, or an older one. */
  private static Optional<Path> packaged(Path classes) {
    var main = classes.resolve("dev/millrace/store/StoreApplication.class");
    if (!Files.exists(main)) {
      return Optional.empty();
    }
    var name = "millrace-model-store-(?!app).*\\.jar";
    try (Stream<Path> beside = Files.list(classes.resolveSibling("."))) {
      var built = Files.getLastModifiedTime(main);
      return beside
          .filter(file -> file.getFileName().toString().matches(name))
          .filter(file -> file.toFile().lastModified() >= built.toMillis())
          .map(Path::normalize)
          .findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
