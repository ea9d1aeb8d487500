package dev.millrace.store;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The store as a process of its own, on a port of its own, which a test kills. */
final class StoreProcess {
  private static final Pattern PORT = Pattern.compile("Store is ready: .* port=(\\d+)");

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
    // By its handle: destroy() of the process closes the pipe, which the JVM writes to meanwhile.
    recorded.process.toHandle().destroy();
    recorded.process.onExit().join();
    return Files.exists(cache)
        ? new String[] {"-XX:AOTCache=" + cache, "-Xlog:aot*=off", "-Xlog:cds*=off"}
        : new String[0];
  }

  /** Starts a store whose state lies in this folder, and waits until it is ready. */
  static StoreProcess start(Path home, String... jvmOptions) throws IOException {
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
    var process = builder.start();
    var uri = URI.create("http://127.0.0.1:" + port(process.inputReader()));
    Thread.ofVirtual().start(() -> drain(process));
    return new StoreProcess(process, uri);
  }

  /** What it says later must not fill the pipe. */
  private static void drain(Process process) {
    try (var lines = process.inputReader()) {
      while (lines.readLine() != null) {
        // Nobody wants to know.
      }
    } catch (IOException _) {
      // It was killed.
    }
  }

  URI uri() {
    return uri;
  }

  /** Kills it, without a chance to do anything, and waits until it is gone. */
  void kill() {
    process.destroyForcibly().onExit().join();
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

  private static int port(BufferedReader lines) throws IOException {
    var said = new ArrayList<String>();
    for (var line = lines.readLine(); line != null; line = lines.readLine()) {
      said.add(line);
      var matcher = PORT.matcher(line);
      if (matcher.find()) {
        return Integer.parseInt(matcher.group(1));
      }
    }
    throw new AssertionError("The store ended before it was ready: " + said);
  }
}
